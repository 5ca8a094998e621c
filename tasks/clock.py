"""How long each step of a run worked, without waiting in line and without what came from the cache."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from prefect.context import TaskRunContext

# One dictionary a flow run; task threads run in copies of the flow's context, and so share it.
_seconds: ContextVar[dict[UUID, float] | None] = ContextVar("step_seconds", default=None)


@contextmanager
def step_clock() -> Generator[dict[UUID, float]]:
    """Time every step that is submitted inside the block; yield the seconds by task run id."""
    seconds: dict[UUID, float] = {}
    token = _seconds.set(seconds)
    try:
        yield seconds
    finally:
        _seconds.reset(token)


@contextmanager
def timed() -> Generator[None]:
    """Add the block's time to the running step (retries add up). Outside a clocked flow run, do nothing."""
    seconds, context = _seconds.get(), TaskRunContext.get()
    started = time.monotonic()
    try:
        yield
    finally:
        if seconds is not None and context is not None:
            run_id = context.task_run.id
            seconds[run_id] = seconds.get(run_id, 0.0) + time.monotonic() - started
