"""Runs that were claimed and never begun: a living worker finds them, whether or not theirs ever comes back.

An automation watches for the events of such runs (deployments/automations/stuck.yaml), and events can be lost. What is
looked at here is the state that the API keeps. Each worker answers for the runs that it has claimed itself, and any of
them for those of workers that are gone.
"""

import random
from collections.abc import Container
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import WorkerFilter, WorkerFilterStatus
from prefect.client.schemas.objects import FlowRun, StateType, WorkerStatus

from system.fleet import POOL
from system.lost import WORKER_LABEL, runs_under_way

# A claim becomes a process within seconds, and a worker counts as gone after 90 s of silence.
CLAIM = timedelta(minutes=2)
EVERY_S = 60.0
_PAGE = 200


async def stranded_runs(client: PrefectClient, *, worker: str, at_work: Container[UUID]) -> set[UUID]:
    """Return the runs that were claimed `CLAIM` ago or earlier, and that nobody is starting.

    `worker` is who asks, and `at_work` the runs that it is starting or running.
    """
    waiting = await runs_under_way(client, states=(StateType.PENDING,), pool=POOL)
    claimed = [run for run in waiting if _was_claimed_long_ago(run) and run.id not in at_work]
    if not claimed:
        return set()
    others = await _online_workers(client) - {worker}
    return {run.id for run in claimed if run.labels.get(WORKER_LABEL) not in others}


def pause_s() -> float:
    """Return the seconds until the next look: a little more or less each time, so that workers do not look at once."""
    return EVERY_S * random.uniform(0.75, 1.25)


def _was_claimed_long_ago(run: FlowRun) -> bool:
    return run.state is not None and datetime.now(UTC) - run.state.timestamp >= CLAIM


async def _online_workers(client: PrefectClient) -> set[str]:
    wanted = WorkerFilter(status=WorkerFilterStatus(any_=[WorkerStatus.ONLINE]))
    found: list[str] = []
    while page := await client.read_workers_for_work_pool(POOL, wanted, offset=len(found), limit=_PAGE):
        found += [worker.name for worker in page]
    return set(found)
