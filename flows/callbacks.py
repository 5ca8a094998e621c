"""When a run tells the outside how it ended."""

from collections.abc import Generator
from contextlib import contextmanager

from prefect import runtime
from prefect.logging import get_run_logger

from models.callback import RenderEvent
from models.report import RenderReport
from models.spec import ShortSpec
from tasks.callback import send_callback
from tasks.errors import RenderFailed


@contextmanager
def failure_told(spec: ShortSpec, slug: str) -> Generator[None]:
    """Send the spec's callback when the block raises, and raise on."""
    try:
        yield
    except Exception as error:
        reasons = error.reasons if isinstance(error, RenderFailed) else (f"{type(error).__name__}: {error}",)
        _tell(spec, RenderEvent(**_identity("failed"), title=spec.title, slug=slug, state="failed", reasons=reasons))
        raise


def success_told(spec: ShortSpec, report: RenderReport) -> None:
    """Send the spec's callback for a finished render."""
    event = RenderEvent(
        **_identity("completed"),
        title=spec.title,
        slug=report.slug,
        state="completed",
        link=report.publication.link,
        files=report.publication.files,
        duration_ms=report.video.duration_ms,
    )
    _tell(spec, event)


def _identity(state: str) -> dict[str, str]:
    run_id = str(runtime.flow_run.id)
    return {"run_id": run_id, "id": f"{run_id}:{state}"}


def _tell(spec: ShortSpec, event: RenderEvent) -> None:
    """Deliver an event; a receiver that fails is told of in the log, and does not change how the render ended."""
    if spec.callback_url is None:
        return
    state = send_callback(str(spec.callback_url), event, return_state=True)
    if not state.is_completed():
        get_run_logger().warning("The callback was not delivered: %s", state.message)
