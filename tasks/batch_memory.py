"""What is remembered of a batch's rows, so that finished ones are not rendered again."""

import time
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from blocks import destinations
from blocks.store import open_store
from engines.errors import NeuroShortsError, StoreUnreachable
from models.batch import Row, RowRecord, RowRun, RowState, RowStatus
from models.report import RenderReport
from tasks.caching import stable_hash
from tasks.publish import folder_of

R = TypeVar("R")

REPORT = "report.json"
PATIENCE_S = 900.0  # of a whole batch
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0


class RowMemory:
    """The records of one batch's rows in the artifact store; each is replaced in one step when its row settles.

    Storage that is away for a while is waited for: a row whose video cannot be looked at is not one without.
    """

    def __init__(self, batch: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._batch, self._store = batch, open_store()
        self._sleep, self._patience_s = sleep, PATIENCE_S

    def recall(self, row: Row) -> RowRecord | None:
        """Return what is known of the row, if anything is. Raises StoreUnreachable."""
        try:
            return RowRecord.model_validate_json(self._patiently(lambda: self._store.read_record(self._key(row))))
        except (FileNotFoundError, ValidationError):  # a record of another version counts as none
            return None

    def remember(self, row: Row, record: RowRecord) -> None:
        """Replace what is known of the row. Raises DiskFull, StoreUnreachable."""
        content = record.model_dump_json().encode()
        self._patiently(lambda: self._store.write_record(self._key(row), content))

    def is_finished(self, record: RowRecord) -> bool:
        """Return whether the row's video was made and still is where it was published."""
        video = record.video
        if video is None or not record.status.state.is_good:
            return False
        try:
            return self._patiently(lambda: destinations.is_there(video))
        except (NeuroShortsError, OSError):  # where it cannot be told, publishing again finds out why
            return False

    def report_of(self, row: Row, run: RowRun) -> RenderReport | None:
        """Return the report that this run published, or None if there is none that can be read."""
        folder = folder_of(row.destination, row.name, run_id=run.id)
        try:
            text = self._patiently(lambda: destinations.read_text(folder=folder, name=REPORT))
            report = RenderReport.model_validate_json(text)
        except (FileNotFoundError, StoreUnreachable, ValidationError):
            return None
        return report if report.run_id == run.id else None

    def _patiently(self, call: Callable[[], R]) -> R:
        """Return what the call returns, trying again while storage is away and the batch's patience lasts."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return call()
            except StoreUnreachable:
                if self._patience_s <= 0:
                    raise
            self._sleep(pause_s)
            self._patience_s -= pause_s
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    def _key(self, row: Row) -> str:
        return stable_hash(["batch row", self._batch, row.key])


def record_of(status: RowStatus, run: RowRun, report: RenderReport | None) -> RowRecord:
    """Return the record of a run that has ended; `status` tells how often the row was tried."""
    told = status.model_copy(
        update={"state": run.state, "seconds": run.seconds, "error": run.error, "run_id": run.id, "link": None}
    )
    if run.state is not RowState.DONE:
        return RowRecord(status=told)
    if report is None:
        error = "finished, but its report cannot be read at its destination from here"
        return RowRecord(status=told.model_copy(update={"error": error}))
    details = {
        "steps": len(report.steps),
        "cached_steps": sum(step.state == "cached" for step in report.steps),
        "link": report.publication.link,
    }
    return RowRecord(status=told.model_copy(update=details), video=report.publication.files[0])
