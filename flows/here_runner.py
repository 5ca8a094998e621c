"""Renders the rows of a batch in this process."""

import time
from collections.abc import Sequence

from flows.progress import listener
from flows.render_short import render_short
from models.batch import Row, RowRun, RowState
from tasks.batch_pool import error_of


class HereRunner:
    """Renders rows one after another: each takes all the cores by itself."""

    def start(self, row: Row, attempt: int) -> RowRun:
        """Render the row to its end."""
        started = time.monotonic()
        token = listener.set(None)  # who listens counts rows, not the steps of each
        try:
            state = render_short(row.spec, name=row.name, destination=row.destination, return_state=True)
        finally:
            listener.reset(token)
        ended = RowState.DONE if state.is_completed() else RowState.FAILED
        run_id = str(state.state_details.flow_run_id)
        return RowRun(id=run_id, state=ended, seconds=time.monotonic() - started, error=error_of(state))

    def look(self, runs: Sequence[RowRun]) -> Sequence[RowRun]:
        """Return the runs as they are: all have ended."""
        return runs
