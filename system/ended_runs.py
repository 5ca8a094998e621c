"""The metrics of runs that have ended: looked up in the Prefect API, and counted once each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterId,
    TaskRunFilter,
    TaskRunFilterSubFlowRuns,
)
from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.client.schemas.sorting import FlowRunSort
from prometheus_client import CollectorRegistry, Counter, Histogram

from blocks.pages import all_pages
from blocks.records import published_bytes

FLOWS = ("render-short", "render-batch")
_STEP_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_RENDER_BUCKETS = (1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1800)
_PUBLISH = "publish"
_PAGE = 200
_SETTLED = timedelta(seconds=15)  # the last steps of a run reach the database a little after its end
_OVERLAP = timedelta(seconds=60)  # the clocks of other machines differ


class EndedRuns:
    """Counts the runs, and their steps, that have ended since the exporter was started."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._started = self._since = datetime.now(UTC)
        self._seen = set[str]()
        self._runs = Counter("neuroshorts_runs_ended", "Runs that ended", ["flow", "state"], registry=registry)
        self._run_retries = Counter("neuroshorts_run_retries", "Runs started again", ["flow"], registry=registry)
        self._render_seconds = Histogram(
            "neuroshorts_render_seconds", "Seconds that a render ran", buckets=_RENDER_BUCKETS, registry=registry
        )
        self._step_seconds = Histogram(
            "neuroshorts_step_seconds", "Seconds of a step that ran", ["step"], buckets=_STEP_BUCKETS, registry=registry
        )
        self._cached = Counter("neuroshorts_steps_cached", "Steps from the cache", ["step"], registry=registry)
        self._failed = Counter("neuroshorts_steps_failed", "Steps that failed", ["step"], registry=registry)
        self._published = Counter("neuroshorts_published_bytes", "Bytes copied to destinations", registry=registry)
        self._retries = Counter("neuroshorts_step_retries", "Steps tried again", ["step"], registry=registry)

    def look(self, client: SyncPrefectClient) -> None:
        """Count what has ended since the last look, and 15 s ago at least."""
        until, found = datetime.now(UTC) - _SETTLED, set[str]()
        if until <= self._since:
            return
        ended = FlowRunFilterEndTime(after_=max(self._started, self._since - _OVERLAP), before_=until)
        for flow in FLOWS:
            for run in _runs(client, flow, ended):
                found.add(str(run.id))
                if str(run.id) not in self._seen:
                    self._seen.add(str(run.id))
                    self._count_run(client, flow, run)
        self._since, self._seen = until, found

    def _count_run(self, client: SyncPrefectClient, flow: str, run: FlowRun) -> None:
        state = (run.state_type or "unknown").lower()
        self._runs.labels(flow, state).inc()
        self._run_retries.labels(flow).inc(max(0, run.run_count - 1))
        if flow == FLOWS[0] and state == "completed":
            self._render_seconds.observe(run.total_run_time.total_seconds())
        for step in _steps(client, run):
            self._count_step(step)

    def _count_step(self, step: TaskRun) -> None:
        name = step.name.split(":")[0]
        self._retries.labels(name).inc(max(0, step.run_count - 1))
        if step.state_name == "Cached":
            self._cached.labels(name).inc()
        elif step.state is not None and step.state.is_completed():
            self._step_seconds.labels(name).observe(step.total_run_time.total_seconds())
            record = getattr(step.state.data, "storage_key", None)  # where its result lies
            if name == _PUBLISH and record:
                self._published.inc(published_bytes(record))
        elif step.state is not None and step.state.is_final():
            self._failed.labels(name).inc()


def _runs(client: SyncPrefectClient, flow: str, ended: FlowRunFilterEndTime) -> Iterator[FlowRun]:
    return all_pages(
        lambda offset: client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            flow_run_filter=FlowRunFilter(end_time=ended),
            sort=FlowRunSort.END_TIME_DESC,
            limit=_PAGE,
            offset=offset,
        )
    )


def _steps(client: SyncPrefectClient, run: FlowRun) -> Iterator[TaskRun]:
    """Return a run's steps, without the task runs that stand for the runs it started: those bear names of their own."""
    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
    steps = TaskRunFilter(subflow_runs=TaskRunFilterSubFlowRuns(exists_=False))
    return all_pages(
        lambda offset: client.read_task_runs(flow_run_filter=of_run, task_run_filter=steps, limit=_PAGE, offset=offset)
    )
