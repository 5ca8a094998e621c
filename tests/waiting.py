"""Waiting for what another process or thread does."""

import time
from collections.abc import Callable


def wait_for(
    condition: Callable[[], object], *, timeout_s: float = 300, what: str = "it", every_s: float = 0.1
) -> float:
    """Wait until a condition holds, looked at every so often, and return how many seconds that took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < timeout_s, f"waited {timeout_s:g} s for {what}"
        time.sleep(every_s)
    return time.monotonic() - started
