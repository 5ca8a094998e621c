"""A render that is cancelled or dies cannot tell its receiver so; the installation does."""

import json
from collections.abc import Generator
from pathlib import Path
from uuid import UUID

import pytest

from blocks.callbacks import EVENT_HEADER
from blocks.settings import get_settings
from tests.receiver import Receiver
from tests.system.installation import Installation, all_slots_taken, short_spec, wait_for

pytestmark = pytest.mark.heavy

TOLD_S = 120


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


@pytest.mark.parametrize("ending", ["cancelled", "crashed"])
def test_a_render_that_is_cut_off_is_told_once(
    called_back: Installation, receiver: Receiver, ending: str, figures: dict[str, float]
):
    with all_slots_taken(called_back.store, count=get_settings().scene_workers):
        run_id = start(called_back, ending.title(), receiver)
        process = called_back.flow_process(run_id)
        assert process is not None
        if ending == "cancelled":
            called_back.set_state(run_id, type="CANCELLING")
        else:
            process.kill()
        figures[f"{ending}: until its callback"] = wait_for(
            lambda: receiver.posts, timeout_s=TOLD_S, what="the callback"
        )
    ((headers, body),) = receiver.posts
    event = json.loads(body)
    assert event["id"] == headers[EVENT_HEADER] == f"{run_id}:1:{ending}"
    assert (event["state"], event["slug"], event["link"]) == (ending, ending, None)
    assert event["error"]["message"]


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
