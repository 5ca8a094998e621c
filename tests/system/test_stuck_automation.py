"""The automation for runs that were claimed and not begun, on a real server with its services."""

from collections.abc import Generator
from pathlib import Path

import pytest
import yaml
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import AutomationCore
from prefect.states import AwaitingRetry, Pending

from blocks import local_server
from system.automations import FOLDER
from tests.ports import take_port
from tests.waiting import wait_for

WITHIN_S = 10  # the least that Prefect allows


@flow
def claimed() -> None:
    """Only its run is used."""


@pytest.fixture
def client(tmp_path: Path) -> Generator[SyncPrefectClient]:
    port = take_port()
    try:
        with SyncPrefectClient(local_server.ensure_server(home=tmp_path, port=port, complete=True)) as client:
            yield client
    finally:
        local_server.stop_server(home=tmp_path)


def test_what_was_handed_back_and_claimed_once_more_is_noticed_too(client: SyncPrefectClient):
    automation = yaml.safe_load((FOLDER / "stuck.yaml").read_text(encoding="utf-8"))
    automation["trigger"]["within"] = WITHIN_S
    wanted = AutomationCore.model_validate(automation).model_dump(mode="json")
    client._client.post("/automations/", json=wanted).raise_for_status()
    run = client.create_flow_run(claimed, state=Pending())
    client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
    client.set_flow_run_state(run.id, Pending(), force=True)  # and its machine is gone for ever
    wait_for(lambda: client.read_flow_run(run.id).state_name == "Crashed", timeout_s=150, what="Crashed")
