"""Sound: what the voice said, where speech goes, and what the finished mix measures."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from models.base import Model
from models.timeline import WordTiming


class Speech(Model):
    """Spoken text: a WAV file (48 kHz, mono, 16-bit) and when each of its words is heard."""

    duration_ms: int = Field(ge=0, title="Duration")
    words: tuple[WordTiming, ...] = Field(default=(), title="Words", description="In order, not overlapping")
    timing: Literal["provider", "estimated"] = Field(
        default="provider", title="Timing source", description="provider (the voice told) or estimated"
    )


class VoiceInfo(Model):
    """One voice that a spec may name."""

    provider: str = Field(title="Provider", description="The speech engine")
    name: str = Field(title="Name", description="What the spec's voice.name takes")
    language: str = Field(title="Language", description="BCP 47 tag, in lower case")
    gender: Literal["male", "female", "unknown"] = Field(default="unknown", title="Gender")
    description: str = Field(default="", title="Description")


class Loudness(Model):
    """What an EBU R 128 meter shows. None where there is nothing to measure (silence)."""

    integrated_lufs: float | None = Field(default=None, title="Integrated loudness (LUFS)")
    true_peak_dbtp: float | None = Field(default=None, title="True peak (dBTP)")
    range_lu: float = Field(default=0.0, ge=0, title="Loudness range (LU)")


class SpeechPlacement(Model):
    """One speech file and when it starts in the short."""

    path: Path = Field(title="Speech", description="WAV file")
    start_ms: int = Field(ge=0, title="Start")


class MixReport(Loudness):
    """The finished master, measured on the encoded file, and what the mix did to get there."""

    duration_ms: int = Field(ge=0, title="Duration")
    duck_db: float = Field(
        default=0.0, ge=0, title="Ducking (dB)", description="How far the bed goes down under speech"
    )
    limiter_db: float = Field(default=0.0, ge=0, title="Limiting (dB)", description="The limiter's deepest reduction")
    passes: int = Field(default=1, ge=1, title="Encodes", description="Encodes until the file measured right")
