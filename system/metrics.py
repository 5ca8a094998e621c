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
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from httpx import HTTPError, HTTPStatusError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from blocks.circuits import read_circuits
from blocks.store import open_store
from engines.circuit import Circuit, Phase
from system.ended_runs import FLOWS, EndedRuns
from system.fleet import POOL, queues

_UNFINISHED = ("SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING")
_PHASES = {Phase.CLOSED: 0, Phase.HALF_OPEN: 1, Phase.OPEN: 2}
_STORE_EVERY_S = 300.0  # a store of a million files takes seconds to add up

logger = logging.getLogger(__name__)


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
