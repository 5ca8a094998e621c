"""Tell the spec's callback address how the render ended."""

from blocks.callbacks import deliver
from blocks.settings import get_settings
from models.callback import RenderEvent
from tasks.retries import step


@step(version=1, run_name="send_callback: {event.state}")
def send_callback(url: str, event: RenderEvent) -> str:
    """Deliver the event, once for each run and state. Raises CallbackRefused, CallbackFailed."""
    deliver(url, event, get_settings())
    return event.id
