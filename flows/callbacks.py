"""When a run tells the outside how it ended."""

from collections.abc import Generator
from contextlib import contextmanager

from prefect import runtime
from prefect.logging import get_run_logger

from flows.artifacts import show_failures
from models.callback import CallbackError, CallbackEvent, Ending
from models.report import RenderReport
from models.spec import ShortSpec
from tasks.callback import RETRIES, event_id, fixed_body, send_callback, told_attempt
from tasks.errors import RenderFailed


@contextmanager
def failure_told(spec: ShortSpec, slug: str) -> Generator[None]:
    """Show why the block raised among the run's artifacts, send the spec's callback, and raise on."""
    try:
        yield
    except Exception as error:
        if isinstance(error, RenderFailed):
            show_failures(error.failures)
        if spec.callback_url is not None:
            failures = error.failures if isinstance(error, RenderFailed) else ()
            told = CallbackError(message=str(error) or type(error).__name__, failures=failures)
            deliver(str(spec.callback_url), _event(Ending.FAILED, title=spec.title, slug=slug, error=told))
        raise


def success_told(spec: ShortSpec, report: RenderReport) -> RenderReport:
    """Send the spec's callback for a finished render; return the report, which notes a callback that did not arrive."""
    if spec.callback_url is None:
        return report
    event = _event(
        Ending.COMPLETED,
        title=spec.title,
        slug=report.slug,
        link=report.publication.link,
        link_expires=report.publication.link_expires,
        link_proved=report.publication.link_proved,
        link_problem=report.publication.link_problem,
        files=report.publication.files,
        duration_ms=report.video.duration_ms,
        seconds=report.seconds,
    )
    undelivered = deliver(str(spec.callback_url), event)
    return report.model_copy(update={"notes": (*report.notes, undelivered)}) if undelivered else report


def deliver(url: str, event: CallbackEvent, *, retries: int = RETRIES) -> str | None:
    """Deliver an event; return and log why it was not, which does not change how the render ended."""
    sending = send_callback.with_options(retries=retries)
    state = sending(url, event.id, fixed_body(event), return_state=True)
    if state.is_completed():
        return None
    told = f"The callback was not delivered: {state.result(raise_on_failure=False)}"
    get_run_logger().warning(told)
    return told


def _event(state: Ending, **told: object) -> CallbackEvent:
    run_id, attempt = str(runtime.flow_run.id), int(runtime.flow_run.run_count)
    earlier = told_attempt(run_id, up_to=attempt - 1, state=state)
    attempt = attempt if earlier is None else earlier
    identity = {"id": event_id(run_id, attempt, state), "run_id": run_id, "attempt": attempt}
    return CallbackEvent.model_validate({**identity, "state": state, **told})
