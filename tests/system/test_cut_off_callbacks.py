"""A render that is cancelled or dies cannot tell its receiver so; the installation does."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from blocks.callbacks import EVENT_HEADER
from blocks.settings import get_settings
from tests.receiver import Receiver
from tests.system.installation import Installation, all_slots_taken, short_spec
from tests.waiting import wait_for

pytestmark = pytest.mark.heavy

TOLD_S = 120
CANCELLED_S = 25  # Prefect waits 30 s before it ends a process by force


@pytest.fixture
def receiver() -> Generator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def called_back(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    """An installation that may call receivers on this machine."""
    made = Installation(tmp_path_factory.mktemp("called-back"))
    made.environment["NEUROSHORTS_CALLBACK_HOSTS"] = '["127.0.0.1"]'
    made.up(workers=1)
    yield made
    made.down()


def start(installation: Installation, title: str, receiver: Receiver) -> UUID:
    """Start a render and wait until it works."""
    run_id = installation.start(short_spec(title) | {"callback_url": receiver.url})
    wait_for(lambda: installation.state_name(run_id) == "Running", timeout_s=120, what="Running")
    return run_id


def end(installation: Installation, run_id: UUID, ending: str, figures: dict[str, float]) -> None:
    """Cancel a run, or kill its process, and wait until the server knows."""
    if ending == "cancelled":
        installation.set_state(run_id, type="CANCELLING")
    else:
        process = installation.flow_process(run_id)
        assert process is not None
        process.kill()
    known = lambda: installation.state_name(run_id) == ending.title()  # noqa: E731
    known_s = wait_for(known, timeout_s=CANCELLED_S, what=ending)
    figures[f"{ending}, waiting for a slot: until the server knew"] = known_s


@contextmanager
def automation_off(installation: Installation) -> Generator[None]:
    """Let the automation do nothing inside the block, as when its events are lost."""
    with installation.client() as client:
        (found,) = [
            each
            for each in client._client.post("/automations/filter", json={}).json()
            if each["name"] == "renders-callbacks"
        ]
        address = f"/automations/{found['id']}"
        client._client.patch(address, json={"enabled": False}).raise_for_status()
        try:
            yield
        finally:
            client._client.patch(address, json={"enabled": True}).raise_for_status()


def sweep(installation: Installation) -> None:
    """Let the sweep run now, as its schedule does, and wait for its end; one that meets another is cancelled."""
    state = "Cancelled"
    while state == "Cancelled":
        with installation.client() as client:
            found = client.read_deployment_by_name("deliver-callback/sweep")
            run_id = client.create_flow_run_from_deployment(found.id, parameters={"after_s": 0}).id
        ended = lambda: installation.run(run_id).state.is_final()  # noqa: B023, E731
        wait_for(ended, timeout_s=TOLD_S, what="the sweep")
        state = installation.state_name(run_id)
    assert state == "Completed"


@pytest.mark.parametrize("ending", ["cancelled", "crashed"])
def test_a_render_that_is_cut_off_is_told_once(
    called_back: Installation, receiver: Receiver, ending: str, figures: dict[str, float]
):
    with all_slots_taken(called_back.store, count=get_settings().scene_workers):
        run_id = start(called_back, ending.title(), receiver)
        end(called_back, run_id, ending, figures)
        told_s = wait_for(lambda: receiver.posts, timeout_s=TOLD_S, what="the callback")
        figures[f"{ending}, waiting for a slot: from then until its callback"] = told_s
    ((headers, body),) = receiver.posts
    event = json.loads(body)
    assert event["id"] == headers[EVENT_HEADER] == f"{run_id}:1:{ending}"
    assert (event["state"], event["slug"], event["link"]) == (ending, ending, None)
    assert event["error"]["message"]


@pytest.mark.parametrize("ending", ["cancelled", "crashed"])
def test_what_the_automation_misses_is_told_by_the_sweep_and_only_once(
    called_back: Installation, receiver: Receiver, ending: str, figures: dict[str, float]
):
    with automation_off(called_back), all_slots_taken(called_back.store, count=get_settings().scene_workers):
        run_id = start(called_back, f"{ending} unseen", receiver)
        end(called_back, run_id, ending, figures)
        sweep(called_back)
        assert [json.loads(body)["id"] for _, body in receiver.posts] == [f"{run_id}:1:{ending}"]
        sweep(called_back)
    assert len(receiver.posts) == 1
    called_back.set_state(run_id, type="SCHEDULED", name="AwaitingRetry", message="Retry from the UI")
    wait_for(lambda: len(receiver.posts) == 2, timeout_s=TOLD_S, what="the retry's callback")
    sweep(called_back)
    assert [json.loads(body)["id"] for _, body in receiver.posts][1:] == [f"{run_id}:2:completed"]


def test_a_crashed_render_that_is_retried_tells_its_success_too(called_back: Installation, receiver: Receiver):
    with all_slots_taken(called_back.store, count=get_settings().scene_workers):
        run_id = start(called_back, "Retried", receiver)
        process = called_back.flow_process(run_id)
        assert process is not None
        process.kill()
        wait_for(lambda: receiver.posts, timeout_s=TOLD_S, what="the callback")
    called_back.set_state(run_id, type="SCHEDULED", name="AwaitingRetry", message="Retry from the UI")
    wait_for(lambda: len(receiver.posts) == 2, timeout_s=TOLD_S, what="the second callback")
    states = [json.loads(body)["id"] for _, body in receiver.posts]
    assert states == [f"{run_id}:1:crashed", f"{run_id}:2:completed"]
    assert Path(called_back.output / "retried" / "video.mp4").exists()
