"""Runs that were lost with a worker, and are handed back by its successor."""

import asyncio
import os
import subprocess
import sys

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Completed, Pending, Running

from system.lost import MOST_ATTEMPTS, lost_runs
from system.worker import hand_back_lost


@flow
def rendering() -> None:
    """Only its runs are used."""


def taken_by(worker: str, state: State[None], *, times: int = 1) -> str:
    """Make a run that a worker took."""
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(rendering, state=Pending())
        for _ in range(times):
            client.set_flow_run_state(run.id, Running(), force=True)
            client.set_flow_run_state(run.id, state, force=True)
        client._client.patch(f"/flow_runs/{run.id}/labels", json={"prefect.worker.name": worker}).raise_for_status()
        return str(run.id)


def state_of(run_id: str) -> str | None:
    with get_client(sync_client=True) as client:
        return client.read_flow_run(run_id).state_name  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [Pending(), Running()], ids=["pending", "running"])
def test_what_a_worker_had_when_it_died_is_scheduled_again(prefect_server: str, state: State[None]):
    lost, others = taken_by("lost-one", state), taken_by("another", state)
    asyncio.run(hand_back_lost("lost-one"))
    assert (state_of(lost), state_of(others)) == ("AwaitingRetry", state.name)


def test_what_has_ended_or_still_works_is_left_alone(prefect_server: str):
    ended, working = taken_by("left-alone", Completed()), taken_by("left-alone", Running())
    command = [sys.executable, "-c", "print(1, flush=True); input()"]
    environment = {**os.environ, "PREFECT__FLOW_RUN_ID": working}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        asyncio.run(hand_back_lost("left-alone"))
        assert (state_of(ended), state_of(working)) == ("Completed", "Running")
        process.communicate(b"\n")
    asyncio.run(hand_back_lost("left-alone"))
    assert state_of(working) == "AwaitingRetry"


def test_a_render_that_takes_its_machine_down_is_not_tried_for_ever(prefect_server: str):
    deadly = taken_by("deadly", Running(), times=MOST_ATTEMPTS)
    claimed = taken_by("deadly", Pending(), times=MOST_ATTEMPTS)  # and not begun this time

    async def found() -> set[str]:
        async with get_client() as client:
            return {str(run_id) for run_id in await lost_runs(client, worker="deadly")}

    handed_back = asyncio.run(found())
    assert deadly not in handed_back
    assert claimed in handed_back
