"""What a source turned out to be once somebody looked inside it."""

from enum import StrEnum

from pydantic import Field

from models.artifacts import ArtifactRef
from models.base import Model
from models.credits import Credit


class MediaKind(StrEnum):
    """What a source can be."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    COLOR = "color"
    SUBTITLES = "subtitles"


class MediaInfo(Model):
    """What a probe found, by content and never by the file's extension."""

    kind: MediaKind = Field(title="Kind")
    width_px: int = Field(default=0, ge=0, title="Width", description="As shown, after rotation; 0 for audio")
    height_px: int = Field(default=0, ge=0, title="Height", description="As shown, after rotation; 0 for audio")
    duration_ms: int = Field(default=0, ge=0, title="Duration", description="0 for a still image")
    has_audio: bool = Field(default=False, title="Has an audio track")


class MediaLimits(Model):
    """What a source may cost at most, checked before anything is decoded."""

    max_bytes: int = Field(default=2 * 1024**3, gt=0, title="Most bytes", description="Of the file")
    max_pixels: int = Field(default=100_000_000, gt=0, title="Most pixels", description="Of a still image")
    max_frame_pixels: int = Field(
        default=8192 * 4320, gt=0, title="Most pixels of a frame", description="Of a video or an animated image"
    )
    max_animation_pixels: int = Field(
        default=2_000_000_000, gt=0, title="Most pixels of an animation", description="Of all its frames together"
    )
    max_duration_ms: int = Field(default=4 * 3600 * 1000, gt=0, title="Longest duration (ms)")


class Source(Model):
    """A fetched source: its bytes in the store (none for a plain colour) and what they are."""

    uri: str = Field(title="Address", description="As the spec named it, made absolute")
    info: MediaInfo = Field(title="Media")
    blob: ArtifactRef | None = Field(default=None, title="Content", description="None for color:#RRGGBB")
    credit: Credit | None = Field(default=None, title="Credit", description="Whose it is; None where the user knows")
