"""A hundred rows on two workers, one of which is gone half way: all done, none twice. Run by `make test-batch`."""

import json
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from prefect.client.schemas.objects import FlowRun, StateType

from models.batch import BatchReport, RowState
from models.report import RenderReport
from tests.flows import measure
from tests.flows.pool import Installation, Worker
from tests.waiting import wait_for

ROWS = 100
ROW_MS = 1000
KILL_AFTER = ROWS // 2
RUNS_PER_WORKER = 2
TIMEOUT_S = 1500
BATCH = "rows"

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("installation"))
    try:
        installation.deploy(runs_at_once=2 * RUNS_PER_WORKER)
        yield installation
    finally:
        installation.end()


@pytest.fixture(scope="module")
def source(installation: Installation) -> Path:
    path = installation.root / f"{BATCH}.jsonl"
    path.write_text("\n".join(json.dumps(spec(number)) for number in range(1, ROWS + 1)))
    return path


def spec(number: int) -> dict[str, object]:
    scene = {"narration": f"Row {number}.", "visual": f"color:#{number * 2000:06x}", "min_duration_ms": ROW_MS}
    return {"title": f"Row {number}", "quality": "draft", "canvas": {"preset": "square"}, "scenes": [scene]}


def caught_rendering(installation: Installation, worker: Worker) -> bool:
    """Freeze a worker and return whether a run of its is Running; if none is, it goes on."""
    worker.freeze()
    with installation.client() as client:
        states = [client.read_flow_run(run_id).state for run_id in worker.run_ids()]
    caught = any(state is not None and state.type is StateType.RUNNING for state in states)
    if not caught:
        worker.thaw()
    return caught


def in_state(runs: list[FlowRun], kind: StateType) -> list[FlowRun]:
    return [run for run in runs if run.state is not None and run.state.type is kind]


def test_every_row_is_done_once_though_a_worker_is_lost(installation: Installation, source: Path):
    lost = installation.start_worker("lost", limit=RUNS_PER_WORKER)
    installation.start_worker("kept", limit=RUNS_PER_WORKER)
    with installation.client() as client:
        online = lambda: len(client.read_workers_for_work_pool("renders"))  # noqa: E731
        wait_for(lambda: online() == 2, timeout_s=60)
    batch = installation.start_batch(source, "--at-once", "12")
    wait_for(lambda: len(list(installation.output.rglob("video.mp4"))) >= KILL_AFTER, timeout_s=TIMEOUT_S)
    wait_for(lambda: caught_rendering(installation, lost), timeout_s=60)
    killed = lost.kill()
    out, _ = batch.communicate(timeout=TIMEOUT_S)

    report = BatchReport.model_validate_json(out)
    runs = installation.runs(BATCH)
    print(summary(report, runs, killed))  # noqa: T201
    assert batch.returncode == 0
    assert report.counts == {"done": ROWS}
    done = in_state(runs, StateType.COMPLETED)
    assert Counter(run.parameters["name"] for run in done) == {f"row-{number}": 1 for number in range(1, ROWS + 1)}
    others = [run for run in runs if run not in done]
    assert {run.state.type for run in others if run.state} == {StateType.CRASHED}
    assert 1 <= len(others) <= RUNS_PER_WORKER
    assert {row.name for row in report.rows if row.attempts == 2} == {run.parameters["name"] for run in others}

    keys = [run.idempotency_key for run in runs]
    assert len(set(keys)) == len(keys) == ROWS + len(others)
    assert all(key and key.startswith(f"batch:{BATCH}:") for key in keys)

    videos = list(installation.output.rglob("*.mp4"))
    assert {video.parent.name for video in videos} == {f"row-{number}" for number in range(1, ROWS + 1)}
    assert len(videos) == ROWS
    finished_by = {run.parameters["name"]: str(run.id) for run in done}
    for video in videos:
        told = RenderReport.model_validate_json((video.parent / "report.json").read_text())
        assert told.run_id == finished_by[video.parent.name]
        assert video.stat().st_size == told.publication.files[0].size
    redone = {run.parameters["name"] for run in others}
    for video in (video for video in videos if video.parent.name in redone | {"row-1"}):
        told = RenderReport.model_validate_json((video.parent / "report.json").read_text())
        assert measure.count_frames(video) == told.video.frame_count >= ROW_MS * 30 // 1000


def test_again_nothing_is_left_to_do(installation: Installation, source: Path):
    runs = len(installation.runs(BATCH))
    out, _ = installation.start_batch(source).communicate(timeout=TIMEOUT_S)
    report = BatchReport.model_validate_json(out)
    assert {row.state for row in report.rows} == {RowState.SKIPPED}
    assert len(installation.runs(BATCH)) == runs


def summary(report: BatchReport, runs: list[FlowRun], killed: int) -> str:
    """What the test measured, for people."""
    running = sorted(run.total_run_time.total_seconds() for run in in_state(runs, StateType.COMPLETED))
    crashed = len(in_state(runs, StateType.CRASHED))
    return (
        f"{len(report.rows)} rows in {report.seconds:.0f} s, {len(runs)} runs, {killed} processes killed, "
        f"{crashed} runs crashed; a run takes {running[len(running) // 2]:.2f} s (median)"
    )
