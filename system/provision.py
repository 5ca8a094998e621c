"""What an installation needs the Prefect API to hold before runs can be handed out, wherever that API is."""

import asyncio
from collections.abc import Sequence

from httpx import HTTPError
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL

from blocks.brand import Brand
from blocks.object_store import ObjectStore
from blocks.records import StepRecords
from blocks.voices import VOICE_BLOCKS
from engines.errors import ApiUnreachable
from system import automations, deployments, fleet


def provision(*, workers: int, deployed: str | None = None) -> tuple[str, Sequence[str]]:
    """Make pool, queues, limits, automations and deployments what they should be for a number of render workers.

    `deployed` is the digest of what was deployed last: that is not deployed again, anything else always is. Returns the
    digest of what is deployed now, and the changes. Raises ApiUnreachable, DeployFailed.
    """
    try:
        changes = asyncio.run(_apply(workers=workers, deployed=deployed))
    except HTTPError as error:
        raise ApiUnreachable(url=PREFECT_API_URL.value(), reason=str(error)) from error
    return deployments.digest(), changes


async def _apply(*, workers: int, deployed: str | None) -> list[str]:
    async with get_client() as client:
        kinds: tuple[type[Block], ...] = (StepRecords, Brand, ObjectStore, *VOICE_BLOCKS)
        for block in kinds:
            await block.aregister_type_and_schema(client=client)
        return [
            *await fleet.apply_pool(client, workers=workers),
            *await deployments.apply_deployments(client, deployed=deployed),
            *await automations.apply_automations(client, deployments=deployments.deployment_names()),
        ]
