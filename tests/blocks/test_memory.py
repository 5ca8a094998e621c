"""What was freed goes back to the system, also between blocks that stay."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from blocks.memory import _glibc

GAPS = """
    import psutil
    from blocks.memory import return_gaps

    def resident() -> int:
        return psutil.Process().memory_info().rss

    begun = resident()
    blocks = [bytes([number % 256]) * 10_000 for number in range(20_000)]
    full = resident() - begun
    blocks = blocks[::20]
    return_gaps()
    print(full, resident() - begun)
"""


@pytest.mark.skipif(_glibc() is None, reason="another C library")
def test_what_is_freed_between_blocks_that_stay_goes_back():
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(GAPS)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    full, kept = map(int, told.stdout.split())
    assert full > 190_000_000
    assert kept < 0.3 * full
