"""How a batch's rows are fed: bounded, once each, again when they failed, and never stopped by one that is bad."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from blocks import destinations
from engines.errors import RunRefused, StoreUnreachable
from models.artifacts import ArtifactRef
from models.audio import MixReport
from models.batch import Row, RowRun, RowState, RowStatus
from models.report import Publication, PublishedFile, RenderReport, StepReport, Video
from models.spec import ShortSpec
from tasks.batch_feed import MOST_CRASHES, Feed
from tasks.batch_memory import PATIENCE_S, RowMemory
from tasks.batch_pool import idempotency_key

ROWS = 7


class ScriptedRunner:
    """Starts runs under idempotency keys as the API does; at each look one ends, in the state that the test decides."""

    def __init__(self, ends: dict[str, list[RowState]] | None = None, *, refused: Sequence[str] = ()) -> None:
        self.ends, self.refused = ends or {}, refused
        self.runs: dict[str, RowRun] = {}
        self.rows: dict[str, Row] = {}
        self.started: list[str] = []
        self.most_at_once = 0

    def start(self, row: Row, attempt: int) -> RowRun:
        if row.name in self.refused:
            raise RunRefused(reason="422")
        key = idempotency_key("batch", row, attempt)
        if key not in self.runs:
            self.runs[key] = RowRun(id=key, state=RowState.RUNNING)
            self.rows[key] = row
            self.started.append(row.name)
        return self.runs[key]

    def look(self, runs: Sequence[RowRun]) -> Sequence[RowRun]:
        self.most_at_once = max(self.most_at_once, len(runs))
        first, *others = (self.runs[run.id] for run in runs)
        row = self.rows[first.id]
        ends = self.ends.get(row.name, [])
        state = ends.pop(0) if ends else RowState.DONE
        if state is RowState.DONE:
            publish(row, first.id)
        error = None if state is RowState.DONE else f"it {state}"
        self.runs[first.id] = first.model_copy(update={"state": state, "seconds": 1.0, "error": error})
        return [self.runs[first.id], *others]

    def settle_all(self) -> None:
        """Let every run that has ended count as one of an earlier batch."""
        for key, run in self.runs.items():
            self.runs[key] = run.model_copy(update={"is_earlier": run.state.is_settled})


def publish(row: Row, run_id: str) -> None:
    """Put a video and its report where the run of a row would have."""
    folder = Path(row.destination) / row.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "video.mp4"
    path.write_bytes(b"video")
    blob = ArtifactRef(uri=str(path), sha256="0" * 64, size=5, media_type="video/mp4")
    file = PublishedFile(name=path.name, uri=str(path), sha256=blob.sha256, size=blob.size)
    report = RenderReport(
        title=row.spec.title,
        slug=row.name,
        run_id=run_id,
        video=Video(blob=blob, width_px=1080, height_px=1920, fps="30", frame_count=15, duration_ms=500),
        mix=MixReport(duration_ms=500),
        publication=Publication(files=(file,), link=path.as_uri()),
        steps=(StepReport(name="fetch_asset", state="cached"), StepReport(name="publish", state="completed")),
        seconds=1.0,
    )
    (folder / "report.json").write_text(report.model_dump_json())


@pytest.fixture
def rows(store: object, tmp_path: Path) -> list[Row]:
    scene = {"visual": "color:#204060", "min_duration_ms": 500}
    spec = ShortSpec.model_validate({"title": "A row", "scenes": [scene]})
    return [
        Row(number=number, name=f"row-{number}", destination=str(tmp_path / "out"), key=f"key-{number}", spec=spec)
        for number in range(1, ROWS + 1)
    ]


def feed(rows: list[Row], runner: ScriptedRunner, *, again: bool = False, at_once: int = 3) -> dict[int, RowStatus]:
    statuses = {
        row.number: RowStatus(number=row.number, name=row.name, origin="a", state=RowState.WAITING) for row in rows
    }
    Feed(
        statuses=statuses,
        runner=runner,
        memory=RowMemory("batch", sleep=lambda _: None),
        at_once=at_once,
        on_change=lambda _: None,
        sleep=lambda _: None,
    ).run(rows, again=again)
    return statuses


def feed_again(rows: list[Row], runner: ScriptedRunner) -> list[str]:
    """Feed the rows as a later batch and return which were started."""
    runner.settle_all()
    runner.started.clear()
    feed(rows, runner)
    return runner.started


def states(statuses: dict[int, RowStatus]) -> list[RowState]:
    return [statuses[number].state for number in sorted(statuses)]


def test_no_more_runs_are_on_their_way_than_may_be_and_each_row_is_done_once(rows: list[Row]) -> None:
    runner = ScriptedRunner()
    statuses = feed(rows, runner)
    assert runner.most_at_once == 3
    assert sorted(runner.started) == sorted(row.name for row in rows)
    assert states(statuses) == [RowState.DONE] * ROWS
    assert all(status.link and status.seconds == 1.0 and status.attempts == 1 for status in statuses.values())
    assert all((status.steps, status.cached_steps) == (2, 1) for status in statuses.values())


def test_rows_that_fail_or_are_refused_do_not_stop_the_others(rows: list[Row]) -> None:
    runner = ScriptedRunner({"row-2": [RowState.FAILED], "row-3": [RowState.CANCELLED]}, refused=["row-1"])
    statuses = feed(rows, runner)
    assert states(statuses)[:3] == [RowState.FAILED, RowState.FAILED, RowState.CANCELLED]
    assert states(statuses)[3:] == [RowState.DONE] * (ROWS - 3)
    assert statuses[1].error == "the run was refused: 422"
    assert statuses[2].error == "it failed"


def test_a_row_that_crashed_is_given_to_another_worker_but_not_for_ever(rows: list[Row]) -> None:
    runner = ScriptedRunner({"row-1": [RowState.CRASHED], "row-2": [RowState.CRASHED] * 10})
    statuses = feed(rows, runner)
    assert (statuses[1].state, statuses[1].attempts) == (RowState.DONE, 2)
    assert (statuses[2].state, statuses[2].attempts) == (RowState.CRASHED, MOST_CRASHES)


def test_again_finished_rows_are_skipped_and_failed_ones_tried_again(rows: list[Row]) -> None:
    runner = ScriptedRunner({"row-2": [RowState.FAILED]})
    feed(rows, runner)
    runner.settle_all()
    runner.started.clear()
    statuses = feed(rows, runner)
    assert runner.started == ["row-2"]
    assert (statuses[2].state, statuses[2].attempts) == (RowState.DONE, 2)
    assert states(statuses).count(RowState.SKIPPED) == ROWS - 1
    assert statuses[1].link  # what is known of it is still told


def test_again_can_be_asked_for_finished_rows_too(rows: list[Row]) -> None:
    runner = ScriptedRunner()
    feed(rows, runner)
    runner.settle_all()
    runner.started.clear()
    statuses = feed(rows, runner, again=True)
    assert len(runner.started) == ROWS
    assert {status.attempts for status in statuses.values()} == {2}


def test_a_row_whose_video_is_gone_is_rendered_again(rows: list[Row]) -> None:
    runner = ScriptedRunner()
    feed(rows, runner)
    (Path(rows[3].destination) / rows[3].name / "video.mp4").unlink()
    assert feed_again(rows, runner) == [rows[3].name]


def test_a_batch_that_died_finds_its_runs_again_and_starts_none_twice(rows: list[Row]) -> None:
    runner = ScriptedRunner()
    for row in rows[:3]:
        runner.start(row, 1)  # by the batch that died, which left no record of them
    statuses = feed(rows, runner)
    assert sorted(runner.started) == sorted(row.name for row in rows)
    assert states(statuses) == [RowState.DONE] * ROWS


def test_runs_that_ended_in_vain_before_are_passed_by(rows: list[Row]) -> None:
    runner = ScriptedRunner()
    for attempt, state in enumerate((RowState.FAILED, RowState.CRASHED), start=1):
        run = runner.start(rows[0], attempt)
        runner.runs[run.id] = run.model_copy(update={"state": state, "is_earlier": True})
    statuses = feed(rows[:1], runner)
    assert (statuses[1].state, statuses[1].attempts) == (RowState.DONE, 3)


def test_a_finished_run_without_a_report_to_read_is_told(rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    runner = ScriptedRunner()
    monkeypatch.setattr(f"{__name__}.publish", lambda *_: None)
    statuses = feed(rows[:1], runner)
    assert statuses[1].state is RowState.DONE
    assert "report cannot be read" in str(statuses[1].error)
    assert feed_again(rows[:1], runner) == ["row-1"]  # nobody knows that the video is there


def away(monkeypatch: pytest.MonkeyPatch, name: str, *, times: int) -> None:
    """Let the first calls of a function find that storage does not answer."""
    real, left = getattr(destinations, name), [times]

    def reach(*args: Any, **more: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise StoreUnreachable(uri="s3://shorts", reason="503")
        return real(*args, **more)

    monkeypatch.setattr(destinations, name, reach)


@pytest.mark.parametrize("name", ["read_text", "is_there"])
def test_a_row_is_not_done_twice_because_storage_was_away_for_a_while(
    name: str, rows: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = ScriptedRunner()
    away(monkeypatch, "read_text", times=5)
    assert all(status.link for status in feed(rows, runner).values())
    away(monkeypatch, name, times=20)
    assert feed_again(rows, runner) == []
    assert len(runner.runs) == ROWS


def test_storage_that_stays_away_is_not_waited_for_at_each_row(
    rows: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses_s: list[float] = []
    away(monkeypatch, "read_text", times=1_000_000)
    memory = RowMemory("batch", sleep=pauses_s.append)
    for row in rows:
        assert memory.report_of(row, RowRun(id="x", state=RowState.DONE)) is None
    assert PATIENCE_S <= sum(pauses_s) < PATIENCE_S + 60
