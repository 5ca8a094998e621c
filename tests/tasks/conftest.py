"""Steps run in real flows on a real server, in a store of the test's own, without waiting between retries."""

from collections.abc import Callable
from typing import Any

import pytest
from prefect import State, Task, flow

from blocks.heartbeat import no_heartbeat

Run = Callable[..., list[State[Any]]]


@pytest.fixture
def run(prefect_server: str, store: Any) -> Run:
    """Return a function that runs `step(*arguments)` for each tuple of arguments in one flow run, for their states."""

    def run_steps(step: Task[..., Any], *calls: tuple[Any, ...]) -> list[State[Any]]:
        quick, states = step.with_options(retry_delay_seconds=0), []

        @flow(name="steps", persist_result=False)
        def steps() -> None:
            futures = [quick.submit(*arguments) for arguments in calls]
            for future in futures:
                future.wait()
                states.append(future.state)

        with no_heartbeat():
            steps()
        return states

    return run_steps
