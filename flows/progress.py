"""How far a run has come: a progress artifact in Prefect, and whoever listens in this process."""

import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

Listener = Callable[[int, int, str], None]
listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)

UPDATE_EVERY_S = 2.0


class Progress:
    """Counts finished steps. The artifact is made with the first one, while others run, and updated every few seconds:
    each is a call to the API.
    """

    def __init__(self, *, total: int) -> None:
        self._total = total
        self._done = 0
        self._shown_at_s = -math.inf
        self._artifact_id: UUID | None = None

    def expect_fewer(self) -> None:
        """Count one step less in all: it is shared with another that was asked for."""
        self._total -= 1

    def finish(self) -> None:
        """Show that all is done, whatever was expected."""
        if self._done != self._total:
            self._show(100.0)

    def advance(self, step_name: str) -> None:
        """Count one more finished step."""
        self._done += 1
        if (listen := listener.get()) is not None:
            listen(self._done, self._total, step_name)
        if self._done == self._total or time.monotonic() - self._shown_at_s > UPDATE_EVERY_S:
            self._show(100.0 * self._done / self._total)

    def _show(self, percent: float) -> None:
        if self._artifact_id is None:
            created = create_progress_artifact(percent, key="render-progress", description="Steps of this render")
            assert isinstance(created, UUID)
            self._artifact_id = created
        else:
            update_progress_artifact(self._artifact_id, percent)
        self._shown_at_s = time.monotonic()
