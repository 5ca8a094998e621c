"""Tell the outside of renders that could not do so themselves: cancelled, or their process or machine died."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from prefect import flow, runtime
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.logging import get_run_logger
from pydantic import Field

from flows.callbacks import deliver
from models.base import BlankIsNone
from models.callback import CallbackEvent
from tasks.callback import RETRIES, event_of_ended
from tasks.cut_off import teller_of, untold_events


def _run_name() -> str:
    run_id = runtime.flow_run.parameters["run_id"]
    return f"callback of {run_id}" if run_id else "callbacks that are missing"


@flow(name="deliver-callback", flow_run_name=_run_name)
def deliver_callback(
    run_id: Annotated[UUID | None, BlankIsNone] = None,
    hours: Annotated[int, Field(ge=1, le=168)] = 6,
    after_s: Annotated[int, Field(ge=0, le=3600)] = 60,
) -> None:
    """Send the callback of a render that was cancelled or crashed; without its id, all that have not been sent.

    Args:
        run_id: Flow run of the render; empty for every render of the last hours whose receiver has not been told
        hours: How long ago these ended, at the most
        after_s: Seconds ago, at the least: the automation that starts this flow with an id comes first
    """
    with get_client(sync_client=True) as client:
        if run_id is None:
            ages = {"max_age": timedelta(hours=hours), "min_age": timedelta(seconds=after_s)}
            events, retries = untold_events(client, **ages), 0  # the next sweep tries again
        else:
            events, retries = _event_of(client, run_id), RETRIES
    if not events:
        get_run_logger().info("There is nothing to tell.")
    for url, event in events:
        deliver(url, event, retries=retries)


def _event_of(client: SyncPrefectClient, run_id: UUID) -> list[tuple[str, CallbackEvent]]:
    if str(teller_of(client, run_id) or runtime.flow_run.id) != str(runtime.flow_run.id):
        get_run_logger().info("Another run is to tell of it.")
        return []
    ended = event_of_ended(client.read_flow_run(run_id))
    return [ended] if ended else []
