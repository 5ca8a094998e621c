"""Sound: what the voice said, where speech goes, and what the finished mix measures."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from models.artifacts import ArtifactRef
from models.base import Model
from models.timeline import WordTiming

TimingSource = Literal["provider", "recognised", "estimated"]  # who knew the words' times


class Speech(Model):
    """Spoken text: a WAV file (48 kHz, mono, 16-bit) and when each of its words is heard."""

    duration_ms: int = Field(ge=0, title="Duration")
    words: tuple[WordTiming, ...] = Field(default=(), title="Words", description="In order, not overlapping")
    timing: TimingSource = Field(default="provider", title="Timing source")


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
    clean: bool = Field(default=False, title="Clean up", description="High-pass, de-ess and compress it first")


class Loop(Model):
    """Where a track may repeat, in samples: from `end` on, it goes over into what plays from `start` on."""

    start: int = Field(ge=0, title="Start")
    end: int = Field(gt=0, title="End", description="With the fade, not past the track's end")
    fade: int = Field(ge=0, title="Cross-fade")
    likeness: float = Field(
        default=0.0, ge=-1, le=1, title="Likeness", description="Correlation of the two passages: 1 is the same sound"
    )


class TrackInfo(Model):
    """What the analysis of a music track found."""

    levels_lufs: tuple[float, ...] = Field(min_length=1, title="Levels", description="Of each second; -70 for silence")
    loop: Loop
    beat_ms: float | None = Field(default=None, gt=0, title="Beat", description="None where no pulse is felt")


class PreparedTrack(Model):
    """A music track that is ready to be mixed."""

    uri: str = Field(title="Source")
    blob: ArtifactRef = Field(title="Sound", description="WAV, 48 kHz stereo 16-bit")
    info: TrackInfo


class LoudnessTarget(Model):
    """How loud a platform wants a master."""

    integrated_lufs: float = Field(default=-14.0, ge=-40, le=-5, title="Integrated loudness (LUFS)")
    true_peak_dbtp: float = Field(default=-1.0, ge=-9, le=0, title="Highest true peak (dBTP)")


class MasterTarget(LoudnessTarget):
    """What a master should be: how loud, and at which bitrate it is encoded."""

    kbps: int = Field(default=192, ge=32, title="Bitrate (kbit/s)", description="Of the AAC")


class PlatformLoudness(LoudnessTarget):
    """The same with its origin, as the file of platforms has it."""

    source: str = Field(min_length=1, title="Source", description="Who says so")
    checked: date = Field(title="Checked", description="When the source was last looked at")


class EffectInfo(Model):
    """What the analysis of a sound effect found."""

    loudness_lufs: float = Field(title="Loudness", description="Of its loudest moment; -70 for silence")
    peak_ms: int = Field(ge=0, title="Peak", description="The middle of its loudest moment")


class PreparedEffect(Model):
    """A sound effect that is ready to be mixed."""

    uri: str = Field(title="Source")
    blob: ArtifactRef = Field(title="Sound", description="WAV, 48 kHz stereo 16-bit")
    info: EffectInfo


class PlacedEffect(Model):
    """A sound effect and when it starts in the short."""

    effect: PreparedEffect
    start_ms: int = Field(title="Start", description="Before 0: its beginning is not heard")
    gain_db: float = Field(title="Gain (dB)", description="Of its loudest moment, relative to the voice")


class BedSettings(Model):
    """How the music lies under the voice."""

    gain_db: float = Field(default=-14.0, title="Gain (dB)", description="Level in the gaps, relative to the voice")
    duck_db: float = Field(default=12.0, ge=0, title="Ducking (dB)", description="How far down under speech; 0: not")
    fade_in_ms: int = Field(default=400, ge=0, title="Fade-in (ms)")
    fade_out_ms: int = Field(default=1500, ge=0, title="Fade-out (ms)")
    rests_ms: tuple[tuple[int, int], ...] = Field(
        default=(), title="Rests (ms)", description="From when to when it is not heard"
    )


class MixReport(Loudness):
    """The finished master, measured on the encoded file, and what the mix did to get there."""

    duration_ms: int = Field(ge=0, title="Duration")
    duck_db: float = Field(
        default=0.0, ge=0, title="Ducking (dB)", description="How far the bed goes down under speech"
    )
    limiter_db: float = Field(default=0.0, ge=0, title="Limiting (dB)", description="The limiter's deepest reduction")
    passes: int = Field(default=1, ge=1, title="Encodes", description="Encodes until the file measured right")
