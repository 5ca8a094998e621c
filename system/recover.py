"""After a restore: what was under way when the backup was made would be so for ever, unless it is handed back."""

import asyncio

from httpx import HTTPError
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.settings import PREFECT_API_URL

from engines.errors import ApiUnreachable
from system.lost import runs_under_way
from system.worker import hand_back

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
        lost = await runs_under_way(client)
        await hand_back({run.id for run in lost}, by="recover")
        # The leases were in Redis, or on a disk that is gone: without them nobody would ever give these places back.
        for limit in await client.read_global_concurrency_limits(limit=_PAGE):
            await client.update_global_concurrency_limit(limit.name, GlobalConcurrencyLimitUpdate(active_slots=0))
    return [run.name for run in lost]
