"""Callbacks of renders that were cut off and that nobody has told of: the sweep finds them, and sends each once."""

import json
from collections.abc import Callable, Generator
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Crashed, Failed, Pending, Running

from blocks.callbacks import EVENT_HEADER
from blocks.heartbeat import no_heartbeat
from blocks.store import ArtifactStore
from flows.deliver_callback import deliver_callback
from models.callback import CallbackEvent, Ending
from tasks.callback import event_id, fixed_body, send_callback, told_attempt
from tests.receiver import Receiver

Ended = Callable[..., UUID]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, store: ArtifactStore) -> Generator[Receiver]:
    monkeypatch.setenv("NEUROSHORTS_CALLBACK_HOSTS", '["127.0.0.1"]')
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def run_of(prefect_server: str) -> Generator[Ended]:
    """Make a run of a flow on the real server, in a state; it is gone after the test."""
    made: list[UUID] = []
    with get_client(sync_client=True) as client:

        def make(state: State[Any], flow: str = "render-short", **parameters: object) -> UUID:
            flow_id = client._client.post("/flows/", json={"name": flow}).raise_for_status().json()["id"]
            body = {"flow_id": flow_id, "parameters": parameters, "state": {"type": "PENDING"}}
            made.append(UUID(client._client.post("/flow_runs/", json=body).raise_for_status().json()["id"]))
            client.set_flow_run_state(made[-1], state, force=True)
            return made[-1]

        yield make
        for run_id in made:
            client.delete_flow_run(run_id)


def spec(url: str | None, title: str = "Cut off") -> dict[str, Any]:
    scene = {"visual": "color:#204060", "min_duration_ms": 400}
    return {"title": title, "scenes": [scene]} | ({"callback_url": url} if url else {})


def sweep(**settings: int) -> None:
    with no_heartbeat():
        deliver_callback(**{"after_s": 0, **settings})


def events(receiver: Receiver) -> list[str]:
    """What was sent since the last call, by run and state."""
    sent = [(headers[EVENT_HEADER], json.loads(body)["id"]) for headers, body in receiver.posts]
    assert all(head == inside for head, inside in sent)
    receiver.posts.clear()
    return sorted(event for event, _ in sent)


def test_a_sweep_tells_of_what_was_cut_off_and_the_next_of_nothing(receiver: Receiver, run_of: Ended):
    crashed = run_of(Crashed(message="gone"), spec=spec(receiver.url), name="slug")
    cancelled = run_of(Cancelled(message="by hand"), spec=spec(receiver.url))
    run_of(Crashed(message="of nobody"), spec=spec(None))
    run_of(Crashed(message="another flow"), "prune-store", spec=spec(receiver.url))
    run_of(Crashed(message="of an earlier version"), spec=spec(receiver.url) | {"unknown": 1})
    for state in (Running(), Completed(), Failed(message="told itself")):
        run_of(state, spec=spec(receiver.url))
    sweep()
    bodies = {event["run_id"]: event for event in (json.loads(body) for _, body in receiver.posts)}
    assert bodies[str(crashed)]["slug"] == "slug"
    assert bodies[str(cancelled)]["error"]["message"] == "by hand"
    assert events(receiver) == sorted([f"{crashed}:0:crashed", f"{cancelled}:0:cancelled"])
    sweep()
    sweep()
    assert events(receiver) == []


def test_what_the_automation_has_told_is_left_alone_and_the_other_way_round(receiver: Receiver, run_of: Ended):
    first = run_of(Crashed(message="gone"), spec=spec(receiver.url))
    with no_heartbeat():
        deliver_callback(run_id=first)
    assert events(receiver) == [f"{first}:0:crashed"]
    second = run_of(Crashed(message="gone"), spec=spec(receiver.url))
    sweep()
    assert events(receiver) == [f"{second}:0:crashed"]
    with no_heartbeat():
        deliver_callback(run_id=second)
    assert events(receiver) == []


@pytest.mark.parametrize("state", [Pending(), Running()], ids=["pending", "running"])
def test_what_another_run_is_about_to_tell_is_left_to_it(receiver: Receiver, run_of: Ended, state: State[Any]):
    cut_off = run_of(Crashed(message="gone"), spec=spec(receiver.url))
    telling = run_of(state, "deliver-callback", run_id=str(cut_off))
    sweep()
    with no_heartbeat():
        deliver_callback(run_id=cut_off)
    assert events(receiver) == []
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(telling, Crashed(message="it did not"), force=True)
    sweep()
    assert events(receiver) == [f"{cut_off}:0:crashed"]


def test_a_receiver_that_fails_is_asked_once_in_each_sweep_until_it_has_it(receiver: Receiver, run_of: Ended):
    cut_off = run_of(Crashed(message="gone"), spec=spec(receiver.url))
    receiver.statuses = [503, 503]
    for _ in range(2):
        sweep()
        assert events(receiver) == [f"{cut_off}:0:crashed"]
    sweep()
    assert events(receiver) == [f"{cut_off}:0:crashed"]
    sweep()
    assert events(receiver) == []


def test_a_receiver_that_never_wants_it_is_not_asked_again_but_by_a_person(receiver: Receiver, run_of: Ended):
    cut_off = run_of(Crashed(message="gone"), spec=spec(receiver.url))
    receiver.statuses = [410]
    sweep()
    assert events(receiver) == [f"{cut_off}:0:crashed"]
    sweep()
    assert events(receiver) == []
    with no_heartbeat():
        deliver_callback(run_id=cut_off)
    assert events(receiver) == [f"{cut_off}:0:crashed"]


def test_what_has_just_ended_is_left_to_the_automation(receiver: Receiver, run_of: Ended):
    run_of(Crashed(message="just now"), spec=spec(receiver.url))
    sweep(after_s=60)
    assert events(receiver) == []


def test_it_looks_through_more_runs_than_one_page(receiver: Receiver, run_of: Ended, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tasks.cut_off._PAGE", 2)
    cut_off = [run_of(Crashed(message="gone"), spec=spec(receiver.url, f"Short {number}")) for number in range(5)]
    run_of(Running(), "deliver-callback", run_id=str(uuid4()))
    sweep()
    assert events(receiver) == sorted(f"{run_id}:0:crashed" for run_id in cut_off)


@pytest.mark.parametrize("was_delivered", [False, True])
def test_a_render_that_dies_after_it_has_told_its_end_has_ended_so(
    receiver: Receiver, run_of: Ended, was_delivered: bool
):
    run_id = run_of(Crashed(message="gone"), spec=spec(receiver.url))
    own = CallbackEvent(
        id=event_id(run_id, 0, Ending.COMPLETED),
        state=Ending.COMPLETED,
        run_id=str(run_id),
        attempt=0,
        title="Cut off",
        slug="cut-off",
    )
    body = fixed_body(own)
    if was_delivered:
        with no_heartbeat():
            tell(receiver.url, own.id, body)
        assert events(receiver) == [own.id]
    sweep()
    sweep()
    assert events(receiver) == ([] if was_delivered else [own.id])
    assert told_attempt(run_id, up_to=0, state=Ending.COMPLETED) == 0
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run_id, Completed(), force=True)
    assert told_attempt(run_id, up_to=0, state=Ending.COMPLETED) is None  # who starts it again is told again


@flow(name="tell", persist_result=False)
def tell(url: str, event_id: str, body: str) -> None:
    """What the run did before it was killed."""
    send_callback(url, event_id, body)
