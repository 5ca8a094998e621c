"""Tell the outside of renders that could not do so themselves: cancelled, or their process or machine died."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from prefect import flow, runtime
from prefect.client.orchestration import get_client
from prefect.logging import get_run_logger
from pydantic import Field

from flows.callbacks import deliver
from models.base import BlankIsNone
from tasks.callback import RETRIES, event_of_ended
from tasks.cut_off import untold_events


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
        if run_id is not None:
            ended = event_of_ended(client.read_flow_run(run_id))
            events, retries = [ended] if ended else [], RETRIES
        else:  # what fails is tried again by the next run
            events, retries = (
                untold_events(client, longest=timedelta(hours=hours), shortest=timedelta(seconds=after_s)),
                0,
            )
    if not events:
        get_run_logger().info("There is nothing to tell.")
    for url, event in events:
        deliver(url, event, retries=retries)
