"""When an outside service is left alone: the arithmetic of a circuit breaker, without clock or storage.

A circuit opens after so many failures in a row. Once its cool-down has passed, one call probes the service: a failure
opens the circuit for twice as long, a success closes it. A pause that the service asks for is kept, too.
"""

from enum import StrEnum

from pydantic import Field

from models.base import Model

MOST_FAILURES = 8  # one source with all its retries is asked for six times: that alone is no outage
FIRST_COOLDOWN_S = 15.0
LONGEST_COOLDOWN_S = 900.0
LONGEST_PAUSE_S = 3600.0


class Phase(StrEnum):
    """What a circuit lets through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Circuit(Model):
    """What is known of one service. Times are in seconds since 1970."""

    service: str
    failures: int = Field(default=0, ge=0, description="In a row")
    cooldown_s: float = Field(default=0.0, ge=0, le=LONGEST_COOLDOWN_S)
    open_until_s: float = 0.0

    @property
    def is_tripped(self) -> bool:
        """Whether it failed too often, and not only asked for a pause."""
        return self.failures >= MOST_FAILURES

    def phase(self, now_s: float) -> Phase:
        """Return what the circuit lets through now."""
        if now_s < self.open_until_s:
            return Phase.OPEN
        return Phase.HALF_OPEN if self.is_tripped else Phase.CLOSED

    def failed(self, now_s: float, *, retry_after_s: float | None = None) -> "Circuit":
        """Return the circuit after a call that failed; `retry_after_s` is the pause that the service asked for.

        A call that was under way when the circuit opened changes nothing but the pause. A service that names its
        pause works, and is not counted as failing.
        """
        after = self
        if retry_after_s is None and self.phase(now_s) is not Phase.OPEN:
            failures, cooldown_s = self.failures + 1, self.cooldown_s
            if failures >= MOST_FAILURES:
                cooldown_s = min(LONGEST_COOLDOWN_S, 2 * cooldown_s or FIRST_COOLDOWN_S)
            open_until_s = now_s + cooldown_s if failures >= MOST_FAILURES else self.open_until_s
            after = self.model_copy(
                update={"failures": failures, "cooldown_s": cooldown_s, "open_until_s": open_until_s}
            )
        if retry_after_s is None:
            return after
        until_s = now_s + min(LONGEST_PAUSE_S, max(0.0, retry_after_s))
        return after.model_copy(update={"open_until_s": max(after.open_until_s, until_s)})

    def succeeded(self, now_s: float) -> "Circuit":
        """Return the circuit after a call that the service answered; one that is open again stays so."""
        return self if self.phase(now_s) is Phase.OPEN else Circuit(service=self.service)
