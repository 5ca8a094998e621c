"""Runs that a worker had when it died: handed back when it is started again, to go on from their finished steps.

The API knows which worker took a run. One that has just been started has none yet, so a run under its name whose
process is not on this machine was lost with its predecessor. (Names must differ between machines, as Prefect wants it.)
"""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import psutil
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType

# A run that takes its machine down with it is left to the automation, which marks it Crashed. One that was claimed and
# had not begun has taken nothing down, however often it had begun before.
MOST_ATTEMPTS = 3
UNDER_WAY = (StateType.RUNNING, StateType.PENDING)
WORKER_LABEL = "prefect.worker.name"
_RUN = "PREFECT__FLOW_RUN_ID"
_PAGE = 200


async def runs_under_way(
    client: PrefectClient, *, states: Sequence[StateType] = UNDER_WAY, pool: str | None = None
) -> list[FlowRun]:
    """Return every run that the API believes to be under way; those of one pool, if it is named."""
    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))))
    of_pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])) if pool else None
    found: list[FlowRun] = []
    while page := await client.read_flow_runs(
        flow_run_filter=wanted, work_pool_filter=of_pool, limit=_PAGE, offset=len(found)
    ):
        found += page
    return found


async def lost_runs(client: PrefectClient, *, worker: str) -> set[UUID]:
    """Return the runs that a worker of this name took, and that no process of this machine works for."""
    taken = [run for run in await runs_under_way(client) if run.labels.get(WORKER_LABEL) == worker]
    alive = {environment[_RUN] for environment in environments_at_work()} if taken else set()
    lost = [run for run in taken if str(run.id) not in alive]
    return {run.id for run in lost if run.state_type is StateType.PENDING or run.run_count < MOST_ATTEMPTS}


def environments_at_work() -> list[dict[str, str]]:
    """Return the variables with which each living process of a run on this machine was started."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and _RUN in (variables := process.environ()):
                found.append(variables)
    return found
