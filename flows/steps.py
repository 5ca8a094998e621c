"""The steps of one run: submitted under readable names, watched, and settled together."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from prefect import Task
from prefect.exceptions import TerminationSignal
from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.utilities.callables import get_call_parameters

from blocks.leaving import leave_soon
from blocks.settings import get_settings
from flows.progress import Progress
from models.report import ServiceReport, StepFailure, StepReport
from tasks.clock import step_clock
from tasks.errors import RenderFailed, SceneError
from tasks.pins import blobs_kept
from tasks.retries import Inputs, is_transient
from tasks.services import service_ledger

_SCENE = re.compile(r"scene (\d+)")

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class Steps:
    """Every step that a flow run has submitted so far. Use it as a context, inside which steps are timed."""

    def __init__(self, *, total: int) -> None:
        self._progress = Progress(total=total)
        self._stack = ExitStack()
        self._ahead: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=get_settings().scene_workers)
        self._names: dict[PrefectFuture[Any], str] = {}
        self._running: list[PrefectFuture[Any]] = []
        self._seen: set[PrefectFuture[Any]] = set()
        self._known: dict[Hashable, PrefectFuture[Any]] = {}

    def __enter__(self) -> Self:
        self._seconds = self._stack.enter_context(step_clock())
        self._ledger = self._stack.enter_context(service_ledger())
        self._stack.enter_context(blobs_kept())
        self._stack.enter_context(self._ahead)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._progress.finish()
        if kind is TerminationSignal:
            leave_soon()  # first: what follows waits for steps that went ahead
        self._stack.close()

    def submit(self, task: Task[..., R], /, *, ahead: bool = False, **inputs: Any) -> PrefectFuture[R]:
        """Hand a step to the task runner; it starts when its inputs are there and a worker is free.

        A light step that much else waits for goes `ahead` of all that was submitted before, on workers of its own.
        A step that was submitted before with equal inputs is not run again: both share its future.
        """
        same = (task.name, _hashable(inputs))
        if same in self._known:
            self._progress.expect_fewer()
            return self._known[same]
        future: PrefectFuture[R]
        if ahead:
            future = self._ahead.submit(task, get_call_parameters(task.fn, (), inputs))
        else:
            future = cast(PrefectFuture[R], task.submit(**inputs))
        self._known[same] = future
        self._names[future] = str(task.task_run_name or task.name).format(**inputs)
        self._running.append(future)
        return future

    def fan_out(
        self,
        task: Task[..., R],
        inputs: Mapping[K, Inputs],
        *,
        ahead: bool = False,
        largest_first: Callable[[Inputs], float] | None = None,
    ) -> dict[K, PrefectFuture[R]]:
        """Submit one step for each of the inputs and return their futures under the same keys, in the same order.

        With `largest_first` the large ones start early, so that the last worker is not left alone with one.
        """
        order = sorted(inputs, key=lambda key: -largest_first(inputs[key])) if largest_first else inputs
        futures = {key: self.submit(task, ahead=ahead, **inputs[key]) for key in order}
        return {key: futures[key] for key in inputs}

    def settle(self) -> None:
        """Wait for all that was submitted, then raise RenderFailed if anything went wrong.

        One failed scene does not stop the others: what they finish is in the cache when the run is repeated.
        """
        self._see_through(self._running)
        failed = [future for future in self._running if not future.state.is_completed()]
        self._running = []
        if failed:
            ran = [future for future in failed if future.state.is_final()]  # the rest only waited for what these make
            failures = tuple(self._failure(future) for future in ran)
            raise RenderFailed(reasons=tuple(dict.fromkeys(self._reason(future) for future in ran)), failures=failures)

    def wait(self, *groups: Mapping[Any, PrefectFuture[Any]]) -> None:
        """Wait for these steps; what else runs goes on. Raises what `settle` raises."""
        futures = [future for group in groups for future in group.values()]
        self._see_through(futures)
        if not all(future.state.is_completed() for future in futures):
            self.settle()

    def run(self, task: Task[..., R], /, *, ahead: bool = False, **inputs: Any) -> R:
        """Submit one step, wait for it, and return its result; what else runs goes on. Raises what `settle` raises."""
        future = self.submit(task, ahead=ahead, **inputs)
        self.wait({"": future})
        return future.result()

    def make_all(self, task: Task[..., R], inputs: Mapping[K, Inputs], *, ahead: bool = False) -> dict[K, R]:
        """Submit one step for each of the inputs, wait for these, and return their results; what else runs goes on.

        Raises what `settle` raises.
        """
        futures = self.fan_out(task, inputs, ahead=ahead)
        self.wait(futures)
        return results(futures)

    def report(self) -> tuple[StepReport, ...]:
        """Return what each step did, in the order of submission."""
        return tuple(
            StepReport(
                name=name,
                state="cached" if future.state.name == "Cached" else "completed",
                seconds=self._seconds.get(future.task_run_id),
            )
            for future, name in self._names.items()
        )

    def services(self) -> tuple[ServiceReport, ...]:
        """Return what the steps had to do with outside services."""
        return self._ledger.reports()

    def _see_through(self, futures: Sequence[PrefectFuture[Any]]) -> None:
        """Wait for steps, and count each of them once."""
        for future in as_completed([future for future in futures if future not in self._seen]):
            future.wait()  # tells the future its final state
            self._seen.add(future)
            self._progress.advance(self._names[future])

    def _failure(self, future: PrefectFuture[Any]) -> StepFailure:
        error, name = future.result(raise_on_failure=False), self._names[future]
        in_name = _SCENE.search(name)
        return StepFailure(
            step=name.split(":")[0],
            scene=error.scene if isinstance(error, SceneError) else in_name and int(in_name[1]),
            reason=error.reason if isinstance(error, SceneError) else str(error),
            may_pass=is_transient(error),
        )

    def _reason(self, future: PrefectFuture[Any]) -> str:
        error, name = future.result(raise_on_failure=False), self._names[future]
        return f"{name.split(':')[0] if isinstance(error, SceneError) else name}: {error}"


def _hashable(value: Any) -> Hashable:
    """Return the same value with tuples for its dicts and lists; futures and models are hashable as they are."""
    match value:
        case dict():
            return tuple(sorted((key, _hashable(item)) for key, item in value.items()))
        case list() | tuple():
            return tuple(_hashable(item) for item in value)
        case _:
            return cast(Hashable, value)


def results(futures: Mapping[K, PrefectFuture[R]]) -> dict[K, R]:
    """Return the results of settled futures under the same keys."""
    return {key: future.result() for key, future in futures.items()}
