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

from blocks.store import ArtifactStore
from tests.chaos import plan, verdict
from tests.chaos.faults import Tormentor
from tests.chaos.verdict import Asked
from tests.chaos.world import World, events_of

pytestmark = pytest.mark.heavy

SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1_000_000))
TIMEOUT_S = 3000
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


class BatchClient:
    """Whoever wants the batches: asks for each in its time, and presses Retry while rows that could be done are not."""

    def __init__(self, world: World, batches: list[plan.Batch]) -> None:
        self.world, self.waiting = world, list(batches)
        self.asked: dict[UUID, plan.Batch] = {}
        self.runs: dict[UUID, FlowRun] = {}
        self.retries: Counter[UUID] = Counter()
        self.unheard = 0

    def step(self, *, ended: int) -> None:
        """Ask for what is due after so many ended renders, and see how far the others are."""
        while self.waiting and self.waiting[0].after_ended <= ended and self._ask(self.waiting[0]):
            self.waiting.pop(0)
        for run in self.world.look([run_id for run_id in self.asked if run_id not in self.runs]):
            if run.state is None or not run.state.is_final():
                continue
            if self.retries[run.id] == MOST_RETRIES or self._is_settled(run):
                self.runs[run.id] = run
            elif self.world.retry(run.id):
                self.retries[run.id] += 1

    def has_ended(self) -> bool:
        return not self.waiting and len(self.runs) == len(self.asked)

    def _ask(self, batch: plan.Batch) -> bool:
        source = batch.write(self.world.root / "media", callback_url=self.world.receiver.url)
        run_id = self.world.submit_batch(batch, source)
        self.unheard += run_id is None
        if run_id is not None:
            self.asked[run_id] = batch
            self.world.batch_runs.add(str(run_id))
        return run_id is not None

    def _is_settled(self, run: FlowRun) -> bool:
        """Whether the batch has told of all its rows, and trying again would do none of them."""
        report = verdict.batch_report(self.world, self.asked[run.id])
        if run.state_type is not StateType.FAILED or report is None:
            return False
        return report.unfinished == verdict.NEVER_DONE and all(row.state.is_settled for row in report.rows)


def test_every_render_is_done_once_or_has_failed_with_a_reason(
    world: World, tmp_path: Path, prefect_server: str, store: ArtifactStore
):
    place = "a bucket" if world.in_bucket else "a folder"
    disk = "small disks" if world.disk_is_small else "no small disk, since mounting is not allowed"
    print(f"\nCHAOS_SEED={SEED}, the store in {place}, {disk}")  # noqa: T201
    client = Client(world, plan.renders_of(SEED, world.root / "media"))
    batches = BatchClient(world, plan.batches_of(SEED, world.root / "media"))
    tormentor, faults = Tormentor(world, SEED), plan.faults_of(SEED)
    started = time.monotonic()
    while (
        client.waiting or client.ended() < plan.RENDERS or not batches.has_ended() or faults or not tormentor.is_idle()
    ):
        assert time.monotonic() - started < TIMEOUT_S, _state(client, batches, tormentor)
        client.step()
        batches.step(ended=client.ended())
        while faults and (faults[0].after_ended <= client.ended() or client.ended() >= plan.RENDERS - 8):
            tormentor.do(faults.pop(0))
        time.sleep(_POLL_S)
    tormentor.settle()
    took_s = time.monotonic() - started
    rows, batch_reports = world.rows(batches.asked.values()), verdict.batch_reports(world, batches.asked.values())
    results = [*client.results(), *(Asked(row, run) for row, runs in rows.items() for run in runs)]
    print(_state(client, batches, tormentor))  # noqa: T201
    steps = world.steps([asked.run.id for asked in results])
    cached = sum(step.state_name == "Cached" for step in steps)
    print(f"{took_s:.0f} s, {len(steps)} steps, {cached} cached, tried again: {dict(world.step_faults())}")  # noqa: T201
    for batch, report in batch_reports.items():
        print(f"{batch.name}: {report.counts}, {sum(row.attempts for row in report.rows)} runs of rows")  # noqa: T201
    missed = plan.FAULTS.keys() - tormentor.hits.keys() - (set() if world.disk_is_small else {"disk full"})
    assert not missed, f"nothing was there to hit for {missed}"

    assert len({asked.run.idempotency_key for asked in results}) == len(results)
    assert len(client.asked) == plan.RENDERS
    assert {run.id for run in world.renders()} == {asked.run.id for asked in results}, "a run that nobody asked for"
    for batch, report in batch_reports.items():
        verdict.check_batch(batch, report, rows)
    mistaken = [asked for asked in results if asked.render.is_mistaken and not asked.was_cut_off]
    assert {asked.render.number for asked in mistaken} == set(plan.MISTAKEN)
    assert all("scene" in asked.reason and "missing.png: not found" in asked.reason for asked in mistaken)
    done = [asked for asked in results if asked.is_done]
    assert len({asked.render for asked in done}) == len(done), "a render was done twice"
    undisturbed = verdict.undisturbed_videos([asked.render for asked in done], tmp_path)
    for asked in done:
        verdict.check_videos(world, asked, tmp_path, as_undisturbed=undisturbed[asked.render])
    for render in {asked.render for asked in results} - {asked.render for asked in done}:
        verdict.check_nothing(world, [asked for asked in results if asked.render == render])
    print(f"{len(done)} videos are those of renders that nothing disturbed")  # noqa: T201
    _wait_for_callbacks(world, results)
    repeated = verdict.check_callbacks(world, results)
    refused = tormentor.refusals - len(world.receiver.statuses)
    print(f"{len(events_of(world.receiver))} callbacks, {repeated} of them again, {refused} refused")  # noqa: T201
    assert repeated >= refused
    world.finish()
    left = verdict.leftovers(world, results)
    assert not any(left.values()), left


def _wait_for_callbacks(world: World, results: list[Asked]) -> None:
    """Callbacks of renders that were cut off come later than their end."""
    wanted = {str(asked.run.id) for asked in results if asked.render.has_callback}
    deadline = time.monotonic() + TOLD_S
    while time.monotonic() < deadline and wanted - {event["run_id"] for event in events_of(world.receiver)}:
        time.sleep(1)


def _state(client: Client, batches: BatchClient, tormentor: Tormentor) -> str:
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
        f"{len(batches.asked)} batches asked for, {batches.unheard} times unheard, {len(batches.runs)} ended, "
        f"{batches.retries.total()} retries, {sum(run.run_count for run in batches.runs.values())} attempts",
        f"{len(client.world.s3_proxy.requests)} requests to the object store, of which spoilt: {spoilt}",
        f"faults: {dict(sorted(tormentor.hits.items()))}",
        *tormentor.log,
        *failed,
    ]
    return "\n".join(lines)
