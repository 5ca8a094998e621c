"""What a source turned out to be once somebody looked inside it."""

from enum import StrEnum

from pydantic import Field

from models.artifacts import ArtifactRef
from models.base import Model


class MediaKind(StrEnum):
    """The four things a source can be."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    COLOR = "color"


class MediaInfo(Model):
    """What a probe found, by content and never by the file's extension."""

    kind: MediaKind = Field(title="Kind")
    width_px: int = Field(default=0, ge=0, title="Width", description="As shown, after rotation; 0 for audio")
    height_px: int = Field(default=0, ge=0, title="Height", description="As shown, after rotation; 0 for audio")
    duration_ms: int = Field(default=0, ge=0, title="Duration", description="0 for a still image")
    has_audio: bool = Field(default=False, title="Has an audio track")


class Source(Model):
    """A fetched source: its bytes in the store (none for a plain colour) and what they are."""

    uri: str = Field(title="Address", description="As the spec named it, made absolute")
    info: MediaInfo = Field(title="Media")
    blob: ArtifactRef | None = Field(default=None, title="Content", description="None for color:#RRGGBB")
