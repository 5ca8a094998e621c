"""Tell the outside of a render that could not do so itself: it was cancelled, or its process or machine died."""

from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.logging import get_run_logger

from flows.callbacks import deliver
from tasks.callback import event_of_ended


@flow(name="deliver-callback", flow_run_name="callback of {run_id}")
def deliver_callback(run_id: UUID) -> None:
    """Send the callback of a render that was cancelled or crashed, once.

    Args:
        run_id: Flow run of the render
    """
    with get_client(sync_client=True) as client:
        ended = event_of_ended(client.read_flow_run(run_id))
    if ended is None:
        get_run_logger().info("There is nothing to tell.")
        return
    deliver(*ended)
