"""How every step of a flow runs: cached by content, retried when the fault may pass, named for people."""

import errno
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import httpx
from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff
from prefect.transactions import get_transaction

from blocks.records import SERIALIZER
from engines.errors import TransientError
from models.base import Model
from tasks.caching import StepCache
from tasks.clock import timed
from tasks.errors import full_disk_named

P = ParamSpec("P")
R = TypeVar("R")
Inputs = dict[str, Any]  # the arguments of a step by name, some of them futures

RETRIES = 3
FIRST_DELAY_S = 1.0
JITTER = 0.5
_TRANSIENT_ERRNOS = frozenset(
    {
        errno.EAGAIN,
        errno.EINTR,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ESTALE,
    }
)
_TRANSIENT_TYPES = (TransientError, ConnectionError, TimeoutError, httpx.TransportError)


def is_transient(error: object) -> bool:
    """Return whether running again may get past `error`."""
    if isinstance(error, _TRANSIENT_TYPES):
        return True
    return isinstance(error, OSError) and error.errno in _TRANSIENT_ERRNOS


def retry_if_transient(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """Tell Prefect whether to retry a failed run."""
    return is_transient(state.data)


def step(
    *,
    version: int,
    run_name: str | None = None,
    exclude: Iterable[str] = (),
    retries: int = RETRIES,
    tags: Iterable[str] = (),
    cache: type[StepCache] = StepCache,
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a Prefect task of a function that returns a model (or a plain string, number or None).

    Raise `version` whenever the function would make something else of the same inputs. `run_name` is a template
    over the parameters, such as "burn_subtitles: scene {number} of {total}".
    Parameters that only label the run go in `exclude`, so that they do not count in the cache key. Inputs that
    cannot be hashed and results that would not come back from the cache as they were raise TypeError.
    """
    policy = cache(version=version, exclude=frozenset(exclude))

    def decorate(function: Callable[P, R]) -> Task[P, R]:
        return task(
            name=function.__name__,
            task_run_name=run_name,
            tags=tags,
            cache_policy=policy,
            persist_result=True,
            result_serializer=SERIALIZER,
            cache_result_in_memory=False,  # the memory cache is shared by threads without a lock
            retries=retries,
            retry_delay_seconds=exponential_backoff(FIRST_DELAY_S),
            retry_jitter_factor=JITTER,
            retry_condition_fn=retry_if_transient,
            log_prints=False,
        )(_checked(function, policy))

    return decorate


def _checked(function: Callable[P, R], policy: StepCache) -> Callable[P, R]:
    """Let a step fail, where Prefect would only log and stop caching."""

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        transaction = get_transaction()
        if transaction is not None and transaction.key is None:
            policy.key(function.__name__, {"args": args, **kwargs})  # raises what Prefect swallowed
        with timed(), full_disk_named():
            result = function(*args, **kwargs)
        if not isinstance(result, Model | str | int | float | None):
            raise TypeError(f"{function.__name__} returned {type(result).__qualname__}: wrap it in a model to cache it")
        return result

    return checked
