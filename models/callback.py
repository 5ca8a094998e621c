"""What a callback tells about a render that has ended."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from models.base import Model
from models.report import PublishedFile, StepFailure


class Ending(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


class CallbackError(Model):
    """Why there is no video."""

    message: str = Field(title="Message", description="For people")
    failures: tuple[StepFailure, ...] = Field(default=(), title="Failures", description="Which scene, which step, why")


class CallbackEvent(Model):
    """The body of a callback. One event has one content, however often it is sent."""

    id: str = Field(title="Event", description="Run, attempt and state: receivers drop an event they have seen")
    state: Ending = Field(title="State")
    run_id: str = Field(title="Run", description="Prefect flow run")
    attempt: int = Field(ge=0, title="Attempt", description="How often the run was started")
    title: str = Field(title="Title", description="Of the spec")
    slug: str = Field(title="Slug", description="Name of the result's folder")
    link: str | None = Field(default=None, title="Share link", description="Of the video, when completed")
    link_expires: datetime | None = Field(default=None, title="Works until", description="None for ever")
    link_proved: bool | None = Field(
        default=None,
        title="Link proved",
        description="Whether it has downloaded the very file; None where nobody looked",
    )
    link_problem: str = Field(default="", title="Link problem", description="Why it could not be proved")
    files: tuple[PublishedFile, ...] = Field(default=(), title="Files", description="Video, poster and captions")
    duration_ms: int | None = Field(default=None, title="Duration (ms)", description="Of the video")
    seconds: float | None = Field(default=None, title="Seconds", description="That the render took")
    error: CallbackError | None = Field(default=None, title="Error", description="None when completed")
