"""Temporary files of workers that were killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
WORKER = """
import sys, tempfile
from system.temporary import own_temporary_folder
own_temporary_folder()
print(tempfile.mkdtemp(), flush=True)
"""
KILLED = f"{WORKER}\nimport os, signal, time\ninput()\nos.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(tmp_path)}


def ran(program: str, environment: dict[str, str]) -> Path:
    """Run a worker's program to its end and return the temporary folder that it made."""
    command = [sys.executable, "-c", program]
    ended = subprocess.run(
        command, cwd=PROJECT, env=environment, input="\n", capture_output=True, text=True, check=False
    )
    return Path(ended.stdout.strip())


def test_they_go_with_it_when_it_ends(environment: dict[str, str], tmp_path: Path):
    made = ran(WORKER, environment)
    assert tmp_path in made.parents
    assert not made.parent.exists()


def test_the_next_worker_removes_those_of_one_that_was_killed(environment: dict[str, str]):
    made = ran(KILLED, environment)
    assert made.exists()
    ran(WORKER, environment)
    assert not made.parent.exists()
    assert not list(made.parent.parent.iterdir())


def test_but_not_those_of_a_run_that_has_outlived_it(environment: dict[str, str]):
    made = ran(KILLED, environment)
    orphan = {**environment, "TMPDIR": str(made.parent), "PREFECT__FLOW_RUN_ID": "outlived"}
    command = [sys.executable, "-c", "print(1, flush=True); input()"]
    with subprocess.Popen(command, env=orphan, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ran(WORKER, environment)
        assert made.exists()
        process.communicate(b"\n")
    ran(WORKER, environment)
    assert not made.exists()
