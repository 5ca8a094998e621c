import signal
from collections.abc import Generator

import pytest

from cli.running import interrupt_kept


@pytest.fixture(autouse=True)
def interruptible() -> Generator[None]:
    """SIGINT as a terminal gives it; the tests may have been started with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_a_library_renames_stays_one():
    with pytest.raises(KeyboardInterrupt), interrupt_kept():
        _serialise_while_interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _serialise_while_interrupted() -> None:
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt as interrupt:
        raise ValueError("could not be serialised") from interrupt


def test_errors_without_an_interrupt_stay_what_they_are():
    with pytest.raises(ValueError, match="odd"), interrupt_kept():
        raise ValueError("odd")


def test_an_ignored_interrupt_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupt_kept():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
