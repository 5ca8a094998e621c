"""Rows as runs of a deployment on a work pool."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar, cast
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    WorkerFilter,
    WorkerFilterStatus,
)
from prefect.client.schemas.objects import FlowRun, State, StateType, WorkerStatus
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelling, Crashed
from prefect.types._datetime import now

from engines.errors import RunRefused
from models.batch import Row, RowRun, RowState

R = TypeVar("R")

DEPLOYMENT = "render-short/on-demand"
QUEUE = "batch"
PATIENCE_S = 900.0
ERROR_MOST_CHARACTERS = 2000
_LONGEST_PAUSE_S = 15.0
# A process starts within seconds. Containers may wait for a machine, and are left to the installation's automation.
_START_LIMIT = {"process": timedelta(seconds=120)}
_STATES = {
    StateType.COMPLETED: RowState.DONE,
    StateType.FAILED: RowState.FAILED,
    StateType.CRASHED: RowState.CRASHED,
    StateType.CANCELLED: RowState.CANCELLED,
}
_UNFINISHED = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED]
_STUCK = "A worker took this run and did not start it; the worker is gone."
_EXCEPTION_PREFIX = re.compile(r"^Flow run encountered an exception: (\w+: )?")


@dataclass
class PoolRunner:
    """Hands rows to the workers of the deployment's work pool; survives an API that is away for a while."""

    client: SyncPrefectClient
    batch: str
    deployment_id: UUID
    pool_type: str
    sleep: Callable[[float], None] = time.sleep
    began: datetime = field(default_factory=lambda: now("UTC"))

    def start(self, row: Row, attempt: int) -> RowRun:
        """Create the run, or find the one that has the same idempotency key. Raises RunRefused."""
        parameters = {
            "spec": row.spec.model_dump(mode="json", exclude_defaults=True),
            "name": row.name,
            "destination": row.destination,
        }

        def create() -> FlowRun:
            run = run_deployment(
                self.deployment_id,
                parameters=parameters,
                idempotency_key=idempotency_key(self.batch, row, attempt),
                tags=[batch_tag(self.batch)],
                work_queue_name=QUEUE,
                timeout=0,
            )
            return cast(FlowRun, run)

        try:
            return self._seen(self._patiently(create))
        except PrefectHTTPStatusError as error:
            raise RunRefused(reason=error.response.text[:ERROR_MOST_CHARACTERS]) from error

    def look(self, runs: Sequence[RowRun]) -> Sequence[RowRun]:
        """Read all the runs in one request; one that a worker took and never started is given up."""
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(run.id) for run in runs]))
        found = self._patiently(lambda: self.client.read_flow_runs(flow_run_filter=wanted, limit=len(runs)))
        for run in found:
            if self._is_stuck(run):
                self._patiently(partial(self.client.set_flow_run_state, run.id, Crashed(message=_STUCK)))
        gone = {run.id for run in runs} - {str(run.id) for run in found}
        deleted = [RowRun(id=run_id, state=RowState.CANCELLED, error="the run was deleted") for run_id in sorted(gone)]
        return [*(self._seen(run) for run in found), *deleted]

    def _seen(self, run: FlowRun) -> RowRun:
        state = run.state
        row_state = _STATES.get(state.type, RowState.RUNNING) if state else RowState.RUNNING
        return RowRun(
            id=str(run.id),
            state=row_state,
            seconds=run.total_run_time.total_seconds() if row_state.is_settled else None,
            error=error_of(state) if state and row_state.is_settled else None,
            is_earlier=row_state.is_settled and bool(state and state.timestamp < self.began),
        )

    def _is_stuck(self, run: FlowRun) -> bool:
        limit = _START_LIMIT.get(self.pool_type)
        if limit is None or run.state is None or run.state.type is not StateType.PENDING:
            return False
        return now("UTC") - run.state.timestamp > limit

    def _patiently(self, call: Callable[[], R]) -> R:
        """Return what the call returns, trying again while the API is restarted or overloaded."""
        deadline, pause_s = time.monotonic() + PATIENCE_S, 1.0
        while True:
            try:
                return call()
            except (httpx.TransportError, PrefectHTTPStatusError) as error:
                is_final = isinstance(error, PrefectHTTPStatusError) and not _may_pass(error.response.status_code)
                if is_final or time.monotonic() > deadline:
                    raise
            self.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)


def find_pool(client: SyncPrefectClient, batch: str, *, needs_worker: bool) -> PoolRunner | None:
    """Return the pool that renders for the deployment; None without one, or if `needs_worker` and none is online."""
    try:
        deployment = client.read_deployment_by_name(DEPLOYMENT)
    except ObjectNotFound:
        return None
    if deployment.work_pool_name is None:
        return None
    online = WorkerFilter(status=WorkerFilterStatus(any_=[WorkerStatus.ONLINE]))
    if needs_worker and not client.read_workers_for_work_pool(deployment.work_pool_name, worker_filter=online):
        return None
    pool = client.read_work_pool(deployment.work_pool_name)
    return PoolRunner(client=client, batch=batch, deployment_id=deployment.id, pool_type=pool.type)


def cancel_rows(client: SyncPrefectClient, batch: str) -> int:
    """Cancel every run of the batch that has not ended; return how many."""
    unfinished = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[batch_tag(batch)]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNFINISHED)),
    )
    runs = client.read_flow_runs(flow_run_filter=unfinished)
    for run in runs:
        client.set_flow_run_state(run.id, Cancelling(message="Its batch was cancelled."))
    return len(runs)


def idempotency_key(batch: str, row: Row, attempt: int) -> str:
    """Return the key under which Prefect creates a run of this row's content at most once."""
    return f"batch:{batch}:{row.key}:{attempt}"


def batch_tag(batch: str) -> str:
    """Return the tag of every run of a batch."""
    return f"batch:{batch}"


def error_of(state: State[Any]) -> str | None:
    """Return why a run ended as it did, as our errors word it; None when it completed."""
    if state.is_completed():
        return None
    return _EXCEPTION_PREFIX.sub("", state.message or state.name or "")[:ERROR_MOST_CHARACTERS]


def _may_pass(status_code: int) -> bool:
    return status_code >= httpx.codes.INTERNAL_SERVER_ERROR or status_code in (
        httpx.codes.REQUEST_TIMEOUT,
        httpx.codes.TOO_MANY_REQUESTS,
    )
