"""Feed a batch's rows to wherever they are rendered: so many at a time, watched until each has settled."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from engines.errors import RunRefused
from models.batch import Row, RowRecord, RowRun, RowState, RowStatus
from tasks.batch_memory import RowMemory, record_of

MOST_CRASHES = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0
PAUSE_GROWTH = 1.5


class Runner(Protocol):
    """Where rows are rendered."""

    def start(self, row: Row, attempt: int) -> RowRun:
        """Start a run of the row, or return the one that was started before as this attempt. Raises RunRefused."""

    def look(self, runs: Sequence[RowRun]) -> Sequence[RowRun]:
        """Return the runs as they are now."""


class Feed:
    """The rows of one batch on their way."""

    def __init__(
        self,
        *,
        statuses: dict[int, RowStatus],
        runner: Runner,
        memory: RowMemory,
        at_once: int,
        on_change: Callable[[RowStatus], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`statuses` (by row number) is kept up to date; `on_change` hears of every change. `at_once` runs at most."""
        self._statuses, self._runner, self._memory = statuses, runner, memory
        self._at_once, self._on_change, self._sleep = at_once, on_change, sleep
        self._running: dict[int, tuple[Row, RowRun]] = {}
        self._crashes: dict[int, int] = {}
        self._waiting: deque[Row] = deque()

    def run(self, rows: Iterable[Row], *, again: bool = False) -> None:
        """Render every row that is not finished, or every row if `again`; return when all have settled."""
        self._waiting.extend(row for row in rows if not self._skip(row, again=again))
        pause_s = FIRST_PAUSE_S
        while self._waiting or self._running:
            changed = self._fill()
            changed = self._look() or changed
            pause_s = FIRST_PAUSE_S if changed else min(LONGEST_PAUSE_S, pause_s * PAUSE_GROWTH)
            if self._running:
                self._sleep(pause_s)

    def _skip(self, row: Row, *, again: bool) -> bool:
        record = self._memory.recall(row)
        if record is not None:
            self._statuses[row.number] = self._statuses[row.number].model_copy(
                update={"attempts": record.status.attempts}
            )
        if again or record is None or not self._memory.is_finished(record):
            return False
        number = {"number": row.number, "origin": self._statuses[row.number].origin, "state": RowState.SKIPPED}
        self._tell(record.status.model_copy(update=number))
        return True

    def _fill(self) -> bool:
        """Start runs until as many are on their way as may be; return whether any was started."""
        started = False
        while self._waiting and len(self._running) < self._at_once:
            self._start(self._waiting.popleft())
            started = True
        return started

    def _start(self, row: Row) -> None:
        """Start the row's next attempt, passing by those that had ended without success before this batch began."""
        attempts = self._statuses[row.number].attempts
        while True:
            attempts += 1
            try:
                run = self._runner.start(row, attempts)
            except RunRefused as error:
                run = RowRun(id="", state=RowState.FAILED, error=str(error))
            if not (run.is_earlier and (run.state is not RowState.DONE or self._memory.report_of(row, run) is None)):
                break
        status = self._statuses[row.number].model_copy(
            update={"attempts": attempts, "state": RowState.RUNNING, "run_id": run.id or None}
        )
        self._tell(status)
        if run.state.is_settled:
            self._settle(row, run)
        else:
            self._running[row.number] = (row, run)

    def _look(self) -> bool:
        """Settle the runs that have ended; return whether any had."""
        if not self._running:
            return False
        rows = {run.id: row for row, run in self._running.values()}
        ended = [run for run in self._runner.look([run for _, run in self._running.values()]) if run.state.is_settled]
        for run in ended:
            del self._running[rows[run.id].number]
            self._settle(rows[run.id], run)
        return bool(ended)

    def _settle(self, row: Row, run: RowRun) -> None:
        """Remember how a run ended; one whose process or machine died is handed to another worker."""
        report = self._memory.report_of(row, run) if run.state is RowState.DONE else None
        record: RowRecord = record_of(self._statuses[row.number], run, report)
        self._memory.remember(row, record)
        self._tell(record.status)
        if run.state is RowState.CRASHED:
            self._crashes[row.number] = self._crashes.get(row.number, 0) + 1
            if self._crashes[row.number] < MOST_CRASHES:
                self._waiting.append(row)

    def _tell(self, status: RowStatus) -> None:
        self._statuses[status.number] = status
        self._on_change(status)
