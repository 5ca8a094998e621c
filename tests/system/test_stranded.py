"""Runs that were claimed and never begun: handed back by a worker that lives."""

import asyncio
from collections.abc import Generator
from datetime import timedelta
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Pending, Running

from system.fleet import POOL
from system.stranded import CLAIM, EVERY_S, pause_s
from system.worker import RenderWorker, hand_back, hand_back_stranded


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim is old at once: the server decides when a state began."""
    monkeypatch.setattr("system.stranded.CLAIM", timedelta(0))


@flow
def claimed() -> None:
    """Only its runs are used."""


@pytest.fixture
def client(prefect_server: str) -> Generator[SyncPrefectClient]:
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
        except ObjectNotFound:
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        yield client


def run_of(
    client: SyncPrefectClient, *, worker: str | None, state: State[None] | None = None, pool: str | None = POOL
) -> UUID:
    """Make a run that a worker of this name has claimed."""
    run = client.create_flow_run(claimed, state=state or Pending(), work_pool_name=pool)
    if worker:
        labels = {"prefect.worker.name": worker}
        client._client.patch(f"/flow_runs/{run.id}/labels", json=labels).raise_for_status()
    return run.id


def online(client: SyncPrefectClient, name: str) -> None:
    """Let the API believe that a worker of this name has just told that it is there."""
    answer = client._client.post(
        f"/work_pools/{POOL}/workers/heartbeat", json={"name": name, "heartbeat_interval_seconds": 3600}
    )
    answer.raise_for_status()


def looks(worker: RenderWorker, *, times: int = 2) -> None:
    async def look() -> None:
        seen: set[UUID] = set()
        for _ in range(times):
            seen = await hand_back_stranded(worker, seen=seen)

    asyncio.run(look())


def worker_named(name: str) -> RenderWorker:
    return RenderWorker(pool=POOL, queues=["interactive"], name=name, limit=1)


def state_of(client: SyncPrefectClient, run_id: UUID) -> str | None:
    return client.read_flow_run(run_id).state_name


@pytest.mark.parametrize("owner", ["gone-for-ever", None], ids=["named", "died before it put its name there"])
def test_what_a_machine_had_claimed_that_never_comes_back_is_handed_back(client: SyncPrefectClient, owner: str | None):
    stranded = run_of(client, worker=owner)
    looks(worker_named("alive"))
    assert state_of(client, stranded) == "AwaitingRetry"
    message = client.read_flow_run(stranded).state.message
    assert message == "Handed back by worker alive, as nobody has started it"


def test_it_is_seen_twice_before_it_is_handed_back(client: SyncPrefectClient):
    stranded = run_of(client, worker="slow-to-say-that-it-is-there")
    looks(worker_named("alive"), times=1)
    assert state_of(client, stranded) == "Pending"


def test_what_another_worker_is_starting_has_begun_or_is_of_another_pool_is_left_alone(client: SyncPrefectClient):
    online(client, "busy")
    starting = run_of(client, worker="busy")
    begun = run_of(client, worker="gone-for-ever", state=Running())
    elsewhere = run_of(client, worker="gone-for-ever", pool=None)
    looks(worker_named("alive"))
    states = [state_of(client, run_id) for run_id in (starting, begun, elsewhere)]
    assert states == ["Pending", "Running", "Pending"]


def test_a_claim_has_two_minutes_to_become_a_process(client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("system.stranded.CLAIM", CLAIM)
    assert timedelta(seconds=90) < CLAIM < timedelta(minutes=10)
    just_claimed = run_of(client, worker="gone-for-ever")
    looks(worker_named("alive"))
    assert state_of(client, just_claimed) == "Pending"


def test_one_that_begins_after_the_look_goes_on(client: SyncPrefectClient):
    begun = run_of(client, worker="gone-for-ever", state=Running())
    asyncio.run(hand_back({begun}, by="alive", states=(StateType.PENDING,)))
    assert state_of(client, begun) == "Running"


def test_of_its_own_a_worker_hands_back_what_it_does_not_start(client: SyncPrefectClient):
    online(client, "forgetful")
    worker = worker_named("forgetful")
    forgotten, starting, running = (run_of(client, worker="forgetful") for _ in range(3))
    worker._submitting_flow_run_ids.add(starting)
    worker.in_flight.add(running)
    looks(worker)
    assert state_of(client, forgotten) == "AwaitingRetry"
    assert {state_of(client, starting), state_of(client, running)} == {"Pending"}


def test_without_the_api_it_looks_again_later():
    assert asyncio.run(hand_back_stranded(worker_named("cut-off"), seen=set())) == set()


def test_workers_look_about_once_a_minute_and_not_together():
    pauses = {pause_s() for _ in range(20)}
    assert len(pauses) == 20
    assert all(0.7 * EVERY_S < pause < 1.3 * EVERY_S for pause in pauses)
