"""What a callback tells its receiver."""

from typing import Literal

from pydantic import Field

from models.base import Model
from models.report import PublishedFile


class RenderEvent(Model):
    """The end of a render. `id` is the same however often the same end is told, so that a receiver can drop repeats."""

    id: str = Field(description="Flow run and state")
    run_id: str = Field(description="Prefect flow run")
    state: Literal["completed", "failed"]
    title: str
    slug: str
    link: str | None = Field(default=None, description="Share link of the video")
    files: tuple[PublishedFile, ...] = ()
    duration_ms: int | None = Field(default=None, description="Of the video")
    reasons: tuple[str, ...] = Field(default=(), description="Why it failed: step, scene and cause, one line each")
