"""Sixty renders while everything around them breaks: none is lost, none is done twice. Run by `make chaos`."""

import os
import random
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.schemas.objects import FlowRun, StateType

from tests.chaos import plan, verdict
from tests.chaos.faults import Tormentor
from tests.chaos.verdict import Asked
from tests.chaos.world import World, events_of

pytestmark = pytest.mark.heavy

SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1_000_000))
TIMEOUT_S = 1500
AT_ONCE = 10
MOST_RETRIES = 6
TOLD_S = 420
_POLL_S = 0.5


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    made = World(tmp_path_factory.mktemp("chaos"), in_bucket=SEED % 2 == 0)
    try:
        made.begin()
        yield made
    finally:
        made.destroy()


class Client:
    """Whoever wants the renders: asks for each until it is heard, and has a crashed one tried again."""

    def __init__(self, world: World, renders: list[plan.Render]) -> None:
        self.world, self.waiting = world, list(renders)
        self.asked: dict[UUID, plan.Render] = {}
        self.runs: dict[UUID, FlowRun] = {}
        self.retries: Counter[UUID] = Counter()
        self.unheard = 0

    def step(self) -> None:
        """Ask for more, see how far everything is, and retry what was cut off or may pass."""
        while self.waiting and len(self.asked) - self.ended() < AT_ONCE and self._ask(self.waiting[0]):
            self.waiting.pop(0)
        unfinished = [run_id for run_id in self.asked if not self._is_ended(run_id)]
        for run in self.world.look(unfinished):
            self.runs[run.id] = run
            if self._may_be_retried(run) and self.world.retry(run.id):
                self.retries[run.id] += 1
                del self.runs[run.id]

    def ended(self) -> int:
        return sum(self._is_ended(run_id) for run_id in self.asked)

    def results(self) -> list[Asked]:
        return [Asked(render, self.runs[run_id]) for run_id, render in self.asked.items()]

    def _ask(self, render: plan.Render) -> bool:
        answers = [self.world.submit(render) for _ in range(2 if render.asked_twice else 1)]
        self.unheard += answers.count(None)
        heard = {answer for answer in answers if answer is not None}
        assert len(heard) <= 1, f"{render.title} became two runs"
        self.asked |= dict.fromkeys(heard, render)
        return bool(heard)

    def _is_ended(self, run_id: UUID) -> bool:
        run = self.runs.get(run_id)
        return run is not None and run.state is not None and run.state.is_final()

    def _may_be_retried(self, run: FlowRun) -> bool:
        if run.state_type is StateType.FAILED and self.asked[run.id].is_mistaken:
            return False
        is_cut_off = run.state_type in (StateType.CRASHED, StateType.FAILED)
        return is_cut_off and self.retries[run.id] < MOST_RETRIES


def test_every_render_is_done_once_or_has_failed_with_a_reason(world: World, tmp_path: Path):
    place = "a bucket" if world.in_bucket else "a folder"
    disk = "small disks" if world.disk_is_small else "no small disk, since mounting is not allowed"
    print(f"\nCHAOS_SEED={SEED}, the store in {place}, {disk}")  # noqa: T201
    client = Client(world, plan.renders_of(SEED, world.root / "media"))
    tormentor, faults = Tormentor(world, SEED), plan.faults_of(SEED)
    started = time.monotonic()
    while client.waiting or client.ended() < plan.RENDERS or faults or not tormentor.is_idle():
        assert time.monotonic() - started < TIMEOUT_S, _state(client, tormentor)
        client.step()
        while faults and (faults[0].after_ended <= client.ended() or client.ended() >= plan.RENDERS - 8):
            tormentor.do(faults.pop(0))
        time.sleep(_POLL_S)
    tormentor.settle()
    took_s = time.monotonic() - started
    results = client.results()
    print(_state(client, tormentor))  # noqa: T201
    steps = world.steps([asked.run.id for asked in results])
    cached = sum(step.state_name == "Cached" for step in steps)
    print(f"{took_s:.0f} s, {len(steps)} steps, {cached} cached, tried again: {dict(world.step_faults())}")  # noqa: T201

    assert len({asked.run.idempotency_key for asked in results}) == len(results) == plan.RENDERS
    mistaken = [asked for asked in results if asked.render.is_mistaken]
    assert all("scene" in asked.reason and "missing.png: not found" in asked.reason for asked in mistaken)
    for asked in results:
        if asked.is_done:
            verdict.check_videos(world, asked, tmp_path)
        else:
            verdict.check_nothing(world, asked)
    _wait_for_callbacks(world, results)
    repeated = verdict.check_callbacks(world, results)
    refused = tormentor.refusals - len(world.receiver.statuses)
    print(f"{len(events_of(world.receiver))} callbacks, {repeated} of them again, {refused} refused")  # noqa: T201
    assert repeated >= refused
    world.finish()
    left = verdict.leftovers(world)
    assert not any(left.values()), left


def _wait_for_callbacks(world: World, results: list[Asked]) -> None:
    """Callbacks of renders that were cut off come later than their end."""
    wanted = {str(asked.run.id) for asked in results if asked.render.has_callback}
    deadline = time.monotonic() + TOLD_S
    while time.monotonic() < deadline and wanted - {event["run_id"] for event in events_of(world.receiver)}:
        time.sleep(1)


def _state(client: Client, tormentor: Tormentor) -> str:
    """What has happened, for people."""
    states = Counter(run.state_name for run in client.runs.values())
    failed = [
        f"  {client.asked[run.id].title}: {run.state_name}: {run.state.message if run.state else ''}"
        for run in client.runs.values()
        if run.state_type is not StateType.COMPLETED
    ]
    spoilt = ", ".join(f"{kind} {count}" for kind, count in sorted(client.world.s3_proxy.spoilt.items()))
    lines = [
        f"{len(client.asked)} asked for, {client.unheard} times unheard, {client.ended()} ended: {dict(states)}",
        f"{client.retries.total()} retries of {len(client.retries)} renders by their client",
        f"{sum(run.run_count for run in client.runs.values())} attempts",
        f"{client.world.s3_proxy.requests} requests to the object store, of which spoilt: {spoilt}",
        f"faults: {dict(sorted(tormentor.hits.items()))}",
        *tormentor.log,
        *failed,
    ]
    return "\n".join(lines)
