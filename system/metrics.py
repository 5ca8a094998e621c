"""What Prometheus reads of an installation: an exporter that asks the Prefect API and the store when it is scraped.

Runs are processes that come and go, so they export nothing themselves: all that is to be known of them, Prefect knows
(docs/adr/0003-metrics-exporter.md).
"""

import logging
import shutil
import threading
import time
from collections import Counter as Counts
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from httpx import HTTPError, HTTPStatusError
from prefect.client.orchestration import SyncPrefectClient, get_client
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
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from blocks.circuits import read_circuits
from blocks.records import published_bytes
from blocks.store import open_store
from engines.circuit import Circuit, Phase
from system.fleet import POOL, queues

FLOWS = ("render-short", "render-batch")
_UNFINISHED = ("SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING")
_PHASES = {Phase.CLOSED: 0, Phase.HALF_OPEN: 1, Phase.OPEN: 2}
_STEP_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_RENDER_BUCKETS = (1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1800)
_PUBLISH = "publish"
_PAGE = 200
_SETTLED = timedelta(seconds=15)  # the last steps of a run reach the database a little after its end
_OVERLAP = timedelta(seconds=60)  # the clocks of other machines differ
_STORE_EVERY_S = 300.0  # a store of a million files takes seconds to add up

logger = logging.getLogger(__name__)


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
            for run in _pages_of_runs(client, flow, ended):
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
        for step in _pages_of_steps(client, run):
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


class Installation(Collector):
    """What is going on at the moment of a scrape."""

    def __init__(self, ended: EndedRuns) -> None:
        self._ended, self._lock = ended, threading.Lock()
        self._store_bytes, self._next_store_s = 0, 0.0

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of the first scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every gauge; without an answer of the Prefect API only that there is none."""
        up = GaugeMetricFamily("neuroshorts_prefect_up", "Whether the Prefect API answers")
        try:
            with self._lock, get_client(sync_client=True) as client:
                self._ended.look(client)
                found = [_runs(client), _queue_depth(client), _workers(client)]
        except HTTPError as error:
            logger.warning("The Prefect API does not answer: %s", error)
            found = []
        up.add_metric([], float(bool(found)))
        yield from (up, *found, *_circuits(), *self._store())

    def _store(self) -> Iterator[Metric]:
        """Yield the size of the store's local part and the space left beside it."""
        root = open_store().root
        if time.monotonic() >= self._next_store_s:
            self._store_bytes = sum(_size(path) for path in root.rglob("*"))
            self._next_store_s = time.monotonic() + _STORE_EVERY_S
        name = "neuroshorts_store_bytes"
        yield GaugeMetricFamily(name, "Bytes in the local part of the store", value=self._store_bytes)
        free = shutil.disk_usage(root if root.exists() else root.anchor).free
        yield GaugeMetricFamily("neuroshorts_store_free_bytes", "Bytes left on its disk", value=free)


def serve(*, host: str, port: int) -> None:
    """Answer scrapes until the process is told to end."""
    _, thread = start_http_server(port, addr=host, registry=exported())
    thread.join()


def exported() -> CollectorRegistry:
    """Return the registry of everything that is exported; collecting it asks the Prefect API."""
    registry, counted = CollectorRegistry(), CollectorRegistry()
    registry.register(Installation(EndedRuns(counted)))
    registry.register(_Counted(counted))  # after it: a scrape counts what has ended, then reads the counts
    return registry


class _Counted(Collector):
    """The metrics of another registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of the first scrape."""
        return ()


def _runs(client: SyncPrefectClient) -> Metric:
    family = GaugeMetricFamily("neuroshorts_runs", "Runs that have not ended", labels=["flow", "state"])
    for flow in FLOWS:
        for state in _UNFINISHED:
            wanted = {"flows": {"name": {"any_": [flow]}}, "flow_runs": {"state": {"type": {"any_": [state]}}}}
            family.add_metric([flow, state.lower()], _count(client, wanted))
    return family


def _queue_depth(client: SyncPrefectClient) -> Metric:
    family = GaugeMetricFamily("neuroshorts_queue_depth", "Runs that are due and wait for a worker", labels=["queue"])
    due = {
        "state": {"type": {"any_": ["SCHEDULED"]}},
        "expected_start_time": {"before_": datetime.now(UTC).isoformat()},
    }
    for queue in queues(workers=1):
        place = {"work_pools": {"name": {"any_": [POOL]}}, "work_pool_queues": {"name": {"any_": [queue.name]}}}
        family.add_metric([queue.name], _count(client, {"flow_runs": due, **place}))
    return family


def _workers(client: SyncPrefectClient) -> Metric:
    family = GaugeMetricFamily("neuroshorts_workers", "Workers of the pool", labels=["status"])
    try:
        known = Counts(worker.status.value.lower() for worker in client.read_workers_for_work_pool(POOL))
    except HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
        known = Counts()  # nobody has brought the installation up yet
    for status in ("online", "offline"):
        family.add_metric([status], known[status])
    return family


def _circuits() -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "neuroshorts_circuit_state", "0 closed, 1 half-open, 2 open; only services that failed", labels=["service"]
    )
    failures = GaugeMetricFamily("neuroshorts_circuit_failures", "Failures in a row", labels=["service"])
    circuits: dict[str, Circuit] = read_circuits(open_store())
    for service, circuit in circuits.items():
        state.add_metric([service], _PHASES[circuit.phase(time.time())])
        failures.add_metric([service], circuit.failures)
    yield from (state, failures)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:  # pruned meanwhile
        return 0


def _count(client: SyncPrefectClient, wanted: dict[str, Any]) -> float:
    return float(client._client.post("/flow_runs/count", json=wanted).raise_for_status().json())


def _pages_of_runs(client: SyncPrefectClient, flow: str, ended: FlowRunFilterEndTime) -> Iterator[FlowRun]:
    offset = 0
    while page := client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
        flow_run_filter=FlowRunFilter(end_time=ended),
        sort=FlowRunSort.END_TIME_DESC,
        limit=_PAGE,
        offset=offset,
    ):
        yield from page
        offset += _PAGE


def _pages_of_steps(client: SyncPrefectClient, run: FlowRun) -> Iterator[TaskRun]:
    """Yield a run's steps, without the task runs that stand for the runs it started: those bear names of their own."""
    offset = 0
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
    steps = TaskRunFilter(subflow_runs=TaskRunFilterSubFlowRuns(exists_=False))
    while page := client.read_task_runs(flow_run_filter=wanted, task_run_filter=steps, limit=_PAGE, offset=offset):
        yield from page
        offset += _PAGE
