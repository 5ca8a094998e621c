"""What is retried, and what the user is told."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from engines.errors import DownloadFailed, FfmpegFailed, OutputInvalid, SourceNotFound
from tasks.retries import is_transient, step

Run = Callable[..., list[Any]]
attempts: list[int] = []


@step(version=1, run_name="flaky: scene {number}")
def flaky(number: int, failures: int, lasting: bool) -> int:
    """Fail some times."""
    attempts.append(number)
    if len(attempts) <= failures:
        raise SourceNotFound(source="a.jpg") if lasting else DownloadFailed(source="a.jpg", reason="timeout")
    return number


@pytest.fixture(autouse=True)
def _forget_attempts() -> None:
    attempts.clear()


def test_a_passing_fault_is_retried(run: Run) -> None:
    (state,) = run(flaky, (7, 2, False))
    assert state.is_completed()
    assert len(attempts) == 3


def test_retries_end(run: Run) -> None:
    (state,) = run(flaky, (7, 99, False))
    assert state.is_failed()
    assert len(attempts) == 4


def test_a_users_mistake_is_told_at_once_with_its_type_and_message(run: Run) -> None:
    (state,) = run(flaky, (7, 99, True))
    assert len(attempts) == 1
    assert "a.jpg: not found" in state.message
    with pytest.raises(SourceNotFound) as caught:
        state.result()
    assert caught.value.source == "a.jpg"


def test_a_failure_is_not_cached(run: Run) -> None:
    run(flaky, (7, 1, True))
    (state,) = run(flaky, (7, 1, True))
    assert state.name == "Completed"


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (FfmpegFailed(command="ffmpeg", exit_code=-9, log=""), True),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (httpx.ReadTimeout(""), True),
        (OSError(5, "Input/output error"), True),
        (OutputInvalid(path="x", reason="y"), False),
        (FileNotFoundError(2, "No such file"), False),
        (ValueError(), False),
        (None, False),
    ],
)
def test_which_faults_may_pass(error: Any, transient: bool) -> None:
    assert is_transient(error) is transient
