"""A batch: its rows, how far each has come, and the report."""

from collections import Counter
from enum import StrEnum

from pydantic import Field

from models.base import Model
from models.report import PublishedFile
from models.spec import ShortSpec


class RowState(StrEnum):
    """How far a row has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    CRASHED = "crashed"
    CANCELLED = "cancelled"
    INVALID = "invalid"

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen to the row by itself."""
        return self not in (RowState.WAITING, RowState.RUNNING)

    @property
    def is_good(self) -> bool:
        """Whether the row's short exists."""
        return self in (RowState.DONE, RowState.SKIPPED, RowState.DUPLICATE)


class RunsWhere(StrEnum):
    """Where the rows of a batch are rendered."""

    AUTO = "auto"
    POOL = "pool"
    HERE = "here"


class ParsedRow(Model):
    """What one row says: a spec, or everything that is wrong with it."""

    origin: str = Field(description="The file, or the line of a file, that holds the row")
    name: str | None = Field(default=None, description="Of the result's folder; None for the title")
    spec: ShortSpec | None = None
    problems: tuple[str, ...] = ()


class Row(Model):
    """A row that can be rendered."""

    number: int = Field(ge=1)
    name: str = Field(description="The result's folder, unique in the batch")
    destination: str = Field(description="Where that folder is")
    key: str = Field(description="Hash of all that the row says")
    spec: ShortSpec


class RowStatus(Model):
    """One line of the report."""

    number: int = Field(ge=1, title="Row")
    name: str
    origin: str
    state: RowState
    attempts: int = Field(default=0, ge=0, description="Runs so far, earlier batches included")
    seconds: float | None = Field(default=None, description="The last run took")
    steps: int | None = None
    cached_steps: int | None = None
    error: str | None = None
    link: str | None = None
    run_id: str | None = Field(default=None, description="Prefect flow run")


class RowRecord(Model):
    """What is remembered of a row from one batch to the next."""

    status: RowStatus
    video: PublishedFile | None = None


class RowRun(Model):
    """A run of a row as last seen."""

    id: str
    state: RowState
    seconds: float | None = None
    error: str | None = None
    is_earlier: bool = Field(default=False, description="Whether it had ended before this batch asked for it")


class BatchReport(Model):
    """The whole batch, as `report.json` and as the flow's result."""

    name: str
    source: str
    folder: str = Field(description="Where the reports are, and the rows that name no destination of their own")
    where: RunsWhere
    seconds: float
    rows: tuple[RowStatus, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        return dict(Counter(row.state.value for row in self.rows))

    @property
    def unfinished(self) -> int:
        """How many rows have no short."""
        return sum(not row.state.is_good for row in self.rows)
