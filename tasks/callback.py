"""Tell the spec's callback address how a run ended."""

import json
from typing import cast
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, StateType

from blocks.callbacks import SECRET_BLOCK, post, service_of
from blocks.keys import read_key
from blocks.settings import get_settings
from blocks.store import open_store
from engines.errors import CallbackRefused
from models.callback import CallbackError, CallbackEvent, Ending
from models.spec import ShortSpec
from tasks.caching import StepCache, stable_hash
from tasks.plan import slug_of
from tasks.retries import step
from tasks.services import calling

RETRIES = 6  # after 1, 2, 4, 8, 16 and 32 s, or as long as the receiver asks for
_TIMEOUT_S = 15.0
# The ends that a run tells of itself.
_TYPES = {Ending.COMPLETED: StateType.COMPLETED, Ending.FAILED: StateType.FAILED}


@step(version=2, run_name="send_callback: {event_id}", retries=RETRIES)
def send_callback(url: str, event_id: str, body: str) -> int:
    """POST the body of an event and return the status of the answer; what was delivered is not sent again.

    Raises CallbackRefused, CallbackFailed, ServiceSuspended.
    """
    settings = get_settings()
    secret = read_key(settings.callback_secret, block=SECRET_BLOCK)
    try:
        with calling(service_of(url)):
            return post(url, body, event_id=event_id, secret=secret, settings=settings, timeout_s=_TIMEOUT_S)
    except CallbackRefused as error:
        open_store().create_record(_refusal(event_id), json.dumps(str(error)).encode())
        raise


def fixed_body(event: CallbackEvent) -> str:
    """Return the body that every delivery of this event has: what its first one had, whichever process sent it."""
    store, key = open_store(), _body(event.id)
    if store.create_record(key, event.model_dump_json().encode()):
        return event.model_dump_json()
    return store.read_record(key).decode()


def is_settled(url: str, event: CallbackEvent) -> bool:
    """Return whether the receiver has been told of the event, or has refused it for good."""
    delivery = {"url": url, "event_id": event.id, "body": fixed_body(event)}
    store, told = open_store(), cast(StepCache, send_callback.cache_policy).key(send_callback.name, delivery)
    return store.has_record(told) or store.has_record(_refusal(event.id))


def event_id(run_id: UUID | str, attempt: int, state: Ending) -> str:
    """Return the name of an event: a run that is started again and ends again makes another one."""
    return f"{run_id}:{attempt}:{state}"


def told_attempt(run_id: UUID | str, *, up_to: int, state: Ending) -> int | None:
    """Return the attempt of a run that was killed after it had begun to tell this end, if one was.

    The API does not know that it had ended, so the run counts as crashed, or is tried again; for its receiver it has
    ended so, and nothing else is to be told.
    """
    store = open_store()
    told = [number for number in range(up_to + 1) if store.has_record(_body(event_id(run_id, number, state)))]
    if not told:
        return None
    with get_client(sync_client=True) as client:
        known = {each.type for each in client.read_flow_run_states(UUID(str(run_id)))}
    return None if _TYPES[state] in known else told[-1]


def event_of_ended(run: FlowRun) -> tuple[str, CallbackEvent] | None:
    """Return the address and the event of a render that was cut off; None if it was not, or nobody wants to know.

    One that had begun to tell how it ended, and was cut off after that, has ended so.
    """
    state = {"CANCELLED": Ending.CANCELLED, "CRASHED": Ending.CRASHED}.get(run.state_type or "")
    if state is None or "spec" not in run.parameters:
        return None
    spec = ShortSpec.model_validate(run.parameters["spec"])
    if spec.callback_url is None:
        return None
    for own in _TYPES:
        attempt = told_attempt(run.id, up_to=run.run_count, state=own)
        if attempt is not None:
            told = open_store().read_record(_body(event_id(run.id, attempt, own)))
            return str(spec.callback_url), CallbackEvent.model_validate_json(told)
    message = run.state.message if run.state else None
    event = CallbackEvent(
        id=event_id(run.id, run.run_count, state),
        state=state,
        run_id=str(run.id),
        attempt=run.run_count,
        title=spec.title,
        slug=slug_of(spec, run.parameters.get("name")),
        error=CallbackError(message=message or f"The run was {state}."),
    )
    return str(spec.callback_url), event


def _body(event_id: str) -> str:
    return stable_hash(["callback", event_id])


def _refusal(event_id: str) -> str:
    return stable_hash(["callback refused", event_id])
