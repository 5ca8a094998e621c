"""What a platform takes of a video that is uploaded to it."""

from datetime import date

from pydantic import Field

from models.base import Model
from models.canvas import CanvasPreset
from models.export import Codec, Container


class PlatformLimits(Model):
    """The shapes, containers, codecs, length, size and bitrates that a platform takes."""

    shapes: tuple[CanvasPreset, ...] = Field(min_length=1)
    codecs: tuple[Codec, ...] = Field(min_length=1, description="The one it asks for first")
    containers: tuple[Container, ...] = Field(default=tuple(Container), min_length=1)
    shortest_ms: int = Field(default=0, ge=0)
    longest_ms: int = Field(gt=0)
    most_bytes: int | None = Field(default=None, gt=0, description="Of the file; None for no limit")
    most_kbps: int | None = Field(default=None, gt=0, description="Of the video; None for no limit")
    most_audio_kbps: int | None = Field(default=None, ge=64, description="Of the sound; None for no limit")
    edit_lists: bool = Field(default=True, description="Whether an MP4 may say by edit lists when its tracks begin")
    checked: date = Field(description="Of the last look at the numbers")
    source: str = Field(min_length=1)
