"""The process of a run that was told to end, and whose threads do not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Cancelling, Running

PROJECT = Path(__file__).parents[2]
STUCK = """
import threading
from blocks.leaving import leave_soon
threading.Thread(target=threading.Event().wait).start()
leave_soon()
"""
STUCK_AHEAD = """
import signal, threading
from prefect.exceptions import TerminationSignal
from flows.steps import Steps
from tasks.retries import step
waits = threading.Event()

@step(version=1)
def stuck() -> None:
    waits.set()
    threading.Event().wait()

with Steps(total=1) as steps:
    steps.submit(stuck, ahead=True)
    waits.wait()
    raise TerminationSignal(signal=signal.SIGTERM)
"""


@flow
def stuck() -> None:
    """Only its run is used."""


@pytest.mark.parametrize(
    ("state", "code"), [(Running(), 128 + signal.SIGTERM), (Cancelling(), 0)], ids=["running", "cancelling"]
)
@pytest.mark.parametrize("program", [STUCK, STUCK_AHEAD], ids=["a thread", "a step that went ahead"])
@pytest.mark.usefixtures("prefect_server", "store")
def test_it_is_gone_soon_and_its_exit_code_says_whether_that_is_a_crash(program: str, state: State[None], code: int):
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(stuck, state=Running())
        client.set_flow_run_state(run.id, state, force=True)
        ended = subprocess.run(
            [sys.executable, "-c", program],
            cwd=PROJECT,
            env={**os.environ, "PREFECT__FLOW_RUN_ID": str(run.id)},
            timeout=120,
            check=False,
        )
    assert ended.returncode == code
