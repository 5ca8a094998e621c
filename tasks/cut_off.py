"""Renders that were cut off and could not tell their receivers so, and of which nobody else has told them either."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.logging import get_run_logger
from pydantic import ValidationError

from blocks.pages import all_pages
from models.callback import CallbackEvent
from tasks.callback import event_of_ended, is_settled

RENDERS, DELIVERIES = "render-short", "deliver-callback"
MOST_RUNS = 2000
_PAGE = 100
_CUT_OFF = [StateType.CANCELLED, StateType.CRASHED]
_UNFINISHED = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]


def untold_events(
    client: SyncPrefectClient, *, max_age: timedelta, min_age: timedelta
) -> list[tuple[str, CallbackEvent]]:
    """Return address and event of every render that was cut off and whose receiver has neither got nor refused it.

    Looks at renders that ended `min_age` to `max_age` ago, `MOST_RUNS` at the most, and leaves out those that another
    run is to tell of.
    """
    now = datetime.now(UTC)
    ended = FlowRunFilterEndTime(after_=now - max_age, before_=now - min_age)
    cut_off = list(islice(_runs(client, RENDERS, _CUT_OFF, ended), MOST_RUNS))
    events = [event for run in cut_off if (event := _event_of(run)) is not None and not is_settled(*event)]
    if not events:
        return []
    others = {_told_by(run) for run in _runs(client, DELIVERIES, _UNFINISHED)}
    return [(url, event) for url, event in events if event.run_id not in others]


def teller_of(client: SyncPrefectClient, run_id: UUID) -> UUID | None:
    """Return the first of the runs that are to tell of a render: an automation may start two."""
    tellers = (run for run in _runs(client, DELIVERIES, _UNFINISHED) if _told_by(run) == str(run_id))
    first = min(tellers, key=lambda run: (run.created, run.id), default=None)
    return first.id if first else None


def _told_by(delivery: FlowRun) -> str:
    return str(delivery.parameters.get("run_id"))


def _event_of(run: FlowRun) -> tuple[str, CallbackEvent] | None:
    try:
        return event_of_ended(run)
    except ValidationError as error:  # of an earlier version's spec; the other renders are told of
        get_run_logger().warning("Run %s is not told of: %s", run.id, error)
        return None


def _runs(
    client: SyncPrefectClient, flow: str, states: list[StateType], ended: FlowRunFilterEndTime | None = None
) -> Iterator[FlowRun]:
    """Return the runs of a flow in these states, read a page at a time."""
    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)), end_time=ended)
    return all_pages(
        lambda offset: client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            flow_run_filter=wanted,
            sort=FlowRunSort.ID_DESC,  # the only order without ties, which pages may lose
            limit=_PAGE,
            offset=offset,
        )
    )
