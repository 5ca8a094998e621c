"""What a render produced, and how."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from models.artifacts import ArtifactRef
from models.audio import Loudness, MixReport, TimingSource
from models.base import Model
from models.credits import MusicCredit, SceneCredit
from models.overlays import PlacedImage


class Master(Model):
    """The finished sound track."""

    blob: ArtifactRef = Field(title="Sound", description="AAC in MP4, 48 kHz stereo")
    mix: MixReport = Field(title="Mix")
    lossless: ArtifactRef | None = Field(
        default=None, title="Lossless sound", description="FLAC of what the AAC was encoded from, where it is needed"
    )


class Sound(Model):
    """The sound track in another format."""

    name: str = Field(title="Name", description="Of the file in its folder")
    blob: ArtifactRef
    loudness: Loudness = Field(title="Loudness", description="Measured on the file")


class CaptionSet(Model):
    """What `typeset_captions` made: one ASS file per scene that has captions, its pictures, and two sidecars."""

    scenes: tuple[ArtifactRef | None, ...]
    images: tuple[tuple[PlacedImage, ...], ...] = Field(description="Of each scene, such as emoji; drawn in order")
    srt: ArtifactRef
    vtt: ArtifactRef


class Video(Model):
    """A finished video file."""

    name: str = Field(default="video.mp4", title="Name", description="Of the file in its folder")
    encoder: str = Field(default="libx264", title="Encoder")
    blob: ArtifactRef = Field(title="Video", description="MP4, WebM or Matroska")
    width_px: int
    height_px: int
    fps: str = Field(title="Frame rate", description="Frames per second, as a fraction")
    frame_count: int
    duration_ms: int


class NamedBlob(Model):
    """A blob and the name that its file gets."""

    name: str
    blob: ArtifactRef


class PublishedFile(Model):
    """A file at its destination."""

    name: str
    uri: str = Field(title="Address", description="Path or fsspec URL")
    sha256: str
    size: int = Field(ge=0, description="Bytes")


class Publication(Model):
    """Where the files went."""

    files: tuple[PublishedFile, ...]
    link: str = Field(title="Share link", description="Address of the video")
    link_expires: datetime | None = Field(default=None, title="Works until", description="None for ever")
    link_proved: bool | None = Field(
        default=None,
        title="Link proved",
        description="Whether it has downloaded the very file; None where nobody looked",
    )
    link_problem: str = Field(default="", title="Link problem", description="Why it could not be proved")


class StepReport(Model):
    """One task run of the render."""

    name: str
    state: Literal["completed", "cached"]
    seconds: float | None = Field(default=None, description="None for a cached step")


class StepFailure(Model):
    """One reason why a render failed."""

    step: str = Field(title="Step", description="Such as fetch_asset; empty where none had begun")
    scene: int | None = Field(
        default=None, ge=0, title="Scene", description="Counted from 1, 0 for an intro; empty for no single one"
    )
    reason: str = Field(title="Reason")
    may_pass: bool = Field(title="May pass", description="Whether the same render may work later")


class ServiceReport(Model):
    """What a render had to do with one outside service."""

    name: str = Field(title="Service", description="Such as download example.org:443")
    calls: int = Field(default=0, ge=0)
    failures: int = Field(default=0, ge=0)
    refused: int = Field(default=0, ge=0, description="Calls not made because the circuit was open")
    waited_s: float = Field(default=0.0, ge=0, description="For rate limits and for pauses that the service asked for")
    circuit: Literal["closed", "open", "half-open"] = Field(default="closed", description="After the last call")


class VariantReport(Model):
    """What a render produced for one variant of the short."""

    name: str
    videos: tuple[Video, ...] = Field(description="The first is the one that the share link opens")
    publication: Publication


class NarrationReport(Model):
    """Who spoke a scene, and who knew when its words are said."""

    scene: int = Field(ge=1, title="Scene", description="Counted from 1")
    speaker: str = Field(title="Speaker", description="Such as edge:en-US-AriaNeural, or recording")
    timing: TimingSource = Field(title="Timing source", description="provider (the voice told), recognised, estimated")
    stands_in_for: str | None = Field(default=None, title="Stands in for", description="The voice that was down")


class PreviewReport(Model):
    """Pictures of single frames, which were made without a video."""

    title: str
    publication: Publication
    steps: tuple[StepReport, ...] = ()
    services: tuple[ServiceReport, ...] = Field(default=(), title="Outside services")
    seconds: float


class RenderReport(Model):
    """The whole render, as `report.json` and as the flow's result."""

    title: str
    slug: str
    run_id: str | None = Field(default=None, description="Prefect flow run")
    video: Video
    videos: tuple[Video, ...] = Field(
        default=(), description="Every video file of the main short, the first of all first"
    )
    variants: tuple[VariantReport, ...] = ()
    sounds: tuple[Sound, ...] = Field(default=(), description="The sound alone, in other formats than the video's")
    mix: MixReport
    publication: Publication
    music: MusicCredit | None = Field(default=None, title="Music", description="None without music")
    credits: tuple[SceneCredit, ...] = Field(default=(), title="Credits", description="Of found and made pictures")
    notes: tuple[str, ...] = Field(default=(), description="What was done in another way than asked for, in words")
    steps: tuple[StepReport, ...] = ()
    narrations: tuple[NarrationReport, ...] = Field(default=(), title="Speech")
    services: tuple[ServiceReport, ...] = Field(default=(), title="Outside services")
    seconds: float = Field(description="From the flow's start to its publication")
