"""Spoiled files of every kind end in a named error, in time, and within a limit of memory; `make fuzz` for longer.

The seed is printed with what is found: `FUZZ_SEED=… make fuzz` plays the same cases again.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.hostile.fuzzing import MOST_CASE_S

PROJECT = Path(__file__).parents[2]
SECONDS = float(os.environ.get("FUZZ_SECONDS", "8"))
SEED = int(os.environ.get("FUZZ_SEED", "0")) or int(time.time())


def test_nothing_that_is_spoiled_hangs_crashes_or_hoards(tmp_path: Path):
    command = [sys.executable, "-m", "tests.hostile.fuzzing", "--folder", str(tmp_path)]
    tried = subprocess.run(
        [*command, "--seed", str(SEED), "--seconds", str(SECONDS)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=SECONDS + 3 * MOST_CASE_S,
        check=False,
    )
    case = (tmp_path / "on-trial").read_text() if (tmp_path / "on-trial").exists() else "none"
    again = f"python -m tests.hostile.fuzzing --seed {SEED} --first {case} --cases 1 --folder /tmp/fuzz"
    assert tried.returncode == 0, f"exit code {tried.returncode}; again: {again}\n{tried.stderr[-4000:]}"
    sys.stdout.write(tried.stdout)
    assert ": 0 cases" not in tried.stdout
