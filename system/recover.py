"""After a restore: what was under way when the backup was made would be so for ever, unless it is handed back."""

import asyncio

from httpx import HTTPError
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.settings import PREFECT_API_URL

from engines.errors import ApiUnreachable
from system.worker import hand_back

_UNDER_WAY = [StateType.RUNNING, StateType.PENDING]
_PAGE = 200


def recover() -> list[str]:
    """Schedule again what the API believes to be under way, and give back the places it held; return the runs' names.

    No worker may be running. The runs go on from their finished steps. Raises ApiUnreachable.
    """
    try:
        return asyncio.run(_recover())
    except HTTPError as error:
        raise ApiUnreachable(url=PREFECT_API_URL.value(), reason=str(error)) from error


async def _recover() -> list[str]:
    async with get_client() as client:
        lost = await _under_way(client)
        await hand_back({run.id for run in lost}, by="recover")
        # The leases were in Redis, or on a disk that is gone: without them nobody would ever give these places back.
        for limit in await client.read_global_concurrency_limits(limit=_PAGE):
            await client.update_global_concurrency_limit(limit.name, GlobalConcurrencyLimitUpdate(active_slots=0))
    return [run.name for run in lost]


async def _under_way(client: PrefectClient) -> list[FlowRun]:
    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNDER_WAY)))
    found: list[FlowRun] = []
    while page := await client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE, offset=len(found)):
        found += page
    return found
