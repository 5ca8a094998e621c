"""What is remembered of a batch's rows, so that finished ones are not rendered again."""

from pydantic import ValidationError

from blocks import destinations
from blocks.store import open_store
from engines.errors import StoreUnreachable
from models.batch import Row, RowRecord, RowRun, RowState, RowStatus
from models.report import RenderReport
from tasks.caching import stable_hash
from tasks.publish import folder_of

REPORT = "report.json"


class RowMemory:
    """The records of one batch's rows in the artifact store; each is replaced in one step when its row settles."""

    def __init__(self, batch: str) -> None:
        self._batch, self._store = batch, open_store()

    def recall(self, row: Row) -> RowRecord | None:
        """Return what is known of the row, if anything is."""
        try:
            return RowRecord.model_validate_json(self._store.read_record(self._key(row)))
        except (FileNotFoundError, ValidationError):  # a record of another version counts as none
            return None

    def remember(self, row: Row, record: RowRecord) -> None:
        """Replace what is known of the row. Raises DiskFull, StoreUnreachable."""
        self._store.write_record(self._key(row), record.model_dump_json().encode())

    def _key(self, row: Row) -> str:
        return stable_hash(["batch row", self._batch, row.key])


def is_finished(record: RowRecord | None) -> bool:
    """Return whether the row's video was made and still is where it was published."""
    if record is None or record.video is None or not record.status.state.is_good:
        return False
    return destinations.holds(record.video)


def report_of(row: Row, run: RowRun) -> RenderReport | None:
    """Return the report that this run published, or None if there is none that can be read."""
    try:
        text = destinations.read_text(folder=folder_of(row.destination, row.name, run_id=run.id), name=REPORT)
        report = RenderReport.model_validate_json(text)
    except (FileNotFoundError, StoreUnreachable, ValidationError):
        return None
    return report if report.run_id == run.id else None


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
