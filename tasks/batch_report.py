"""A batch's report as files: JSON for programs, CSV for spreadsheets."""

import csv
import io
from collections.abc import Mapping

from blocks import destinations
from models.batch import BatchReport, RowStatus
from tasks.errors import full_disk_named

Cell = str | int | float | None
JSON_NAME = "report.json"
CSV_NAME = "report.csv"
COLUMNS = ("row", "name", "origin", "state", "attempts", "seconds", "steps", "cached steps", "error", "link", "run")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # some read the wide ones alike


def write_reports(report: BatchReport) -> str:
    """Write both files into the batch's folder and return the address of the JSON. Raises DiskFull."""
    with full_disk_named():
        destinations.write_text(csv_text(report), folder=report.folder, name=CSV_NAME)
        return destinations.write_text(report.model_dump_json(indent=2), folder=report.folder, name=JSON_NAME)


def csv_text(report: BatchReport) -> str:
    """Return the rows as CSV that no spreadsheet takes for formulas."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(harmless(cells(status)).values() for status in report.rows)
    return text.getvalue()


def cells(status: RowStatus) -> dict[str, Cell]:
    """Return a row's cells by column."""
    values = (
        status.number,
        status.name,
        status.origin,
        status.state.value,
        status.attempts,
        None if status.seconds is None else round(status.seconds, 2),
        status.steps,
        status.cached_steps,
        status.error,
        status.link,
        status.run_id,
    )
    return dict(zip(COLUMNS, values, strict=True))


def harmless(row: Mapping[str, Cell]) -> dict[str, Cell]:
    """Return a row of a table, with an apostrophe in front of text that a spreadsheet would compute, also when pasted.

    Names and errors quote what others sent.
    """
    return {column: f"'{cell}" if _is_formula(cell) else cell for column, cell in row.items()}


def _is_formula(cell: Cell) -> bool:
    return isinstance(cell, str) and cell.startswith(_FORMULA_STARTS)
