"""How steps queue for workers."""

import threading
from collections.abc import Generator

import pytest
from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows.steps import Steps
from tasks.retries import step

pytestmark = pytest.mark.usefixtures("prefect_server", "store")
may_end = threading.Event()


@step(version=1, run_name="heavy: {number}")
def heavy(number: int) -> int:
    """Keep a worker until it may end."""
    assert may_end.wait(timeout=120)
    return number


@step(version=1, run_name="light: {number}")
def light(number: int, plus: int = 1) -> int:
    """Take no time."""
    return number + plus


@pytest.fixture(autouse=True)
def _held() -> Generator[None]:
    may_end.clear()
    yield
    may_end.set()


@flow(name="queues", persist_result=False, task_runner=ThreadPoolTaskRunner(max_workers=1))  # type: ignore[arg-type]
def queues() -> tuple[int, dict[str, int], list[str]]:
    """Go ahead of a step that keeps the only worker and of one that waits behind it."""
    with Steps(total=4) as steps:
        held = steps.fan_out(heavy, {number: {"number": number} for number in (1, 2)})
        first = steps.run(light, ahead=True, number=10)
        others = steps.make_all(light, {"a": {"number": 20}, "b": {"number": 10}}, ahead=True)
        assert not any(future.state.is_final() for future in held.values())
        may_end.set()
        steps.settle()
        return first, others, [f"{each.name} {each.state}" for each in steps.report()]


@flow(name="takes_one_step", persist_result=False)
def takes_one_step(*, ahead: bool) -> str:
    """Tell whether the one step was completed or cached."""
    with Steps(total=1) as steps:
        steps.run(light, ahead=ahead, number=10)
        return steps.report()[0].state


def test_a_step_that_goes_ahead_does_not_wait_for_a_worker():
    first, others, told = queues()
    assert (first, others) == (11, {"a": 21, "b": 11})
    assert told == [f"{name} completed" for name in ("heavy: 1", "heavy: 2", "light: 10", "light: 20")]


@pytest.mark.parametrize("ahead", [True, False])
def test_a_step_is_cached_alike_whichever_way_it_goes(ahead: bool):
    assert [takes_one_step(ahead=way) for way in (ahead, not ahead)] == ["completed", "cached"]
