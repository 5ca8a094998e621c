"""Speech and time: what is said when, and which frames each scene owns."""

from fractions import Fraction

from pydantic import Field

from models.artifacts import ArtifactRef
from models.base import Model

RECORDING = "recording"  # who spoke where nobody synthesised


class WordTiming(Model):
    """One written word (with its punctuation) and when the voice says it, from the start of its audio."""

    text: str = Field(title="Word", description="As written in the script, punctuation attached", min_length=1)
    start_ms: int = Field(ge=0, title="Start", description="First millisecond of the word")
    end_ms: int = Field(ge=0, title="End", description="First millisecond after the word")
    joined: bool = Field(default=False, title="Joined", description="Written without a space before the next word")


class Narration(Model):
    """One scene's speech."""

    audio: ArtifactRef = Field(title="Speech", description="WAV, 48 kHz mono 16-bit")
    duration_ms: int = Field(ge=0, title="Duration")
    words: tuple[WordTiming, ...] = Field(title="Words", description="In order, not overlapping")
    timing: str = Field(
        default="provider", title="Timing source", description="provider (the voice told), recognised or estimated"
    )
    speaker: str = Field(default=RECORDING, title="Speaker", description="Who spoke, such as edge:en-US-AriaNeural")


class Narrations(Model):
    """The speech of several scenes, one after the other; None for a scene that is not among them."""

    scenes: tuple[Narration | None, ...]


class SceneSlot(Model):
    """The whole frames one scene owns on the timeline; a transition lives in their head."""

    index: int = Field(ge=0, title="Scene", description="Counted from 0")
    start_frame: int = Field(ge=0, title="First frame")
    frame_count: int = Field(ge=1, title="Frames")
    transition_frames: int = Field(
        default=0, ge=0, title="Transition", description="Leading frames shared with the scene before"
    )
    speech_offset_ms: int = Field(
        default=0, ge=0, title="Speech offset", description="From the scene's first frame to its speech's start"
    )


class Timeline(Model):
    """Every scene's slot, gapless and in order."""

    fps: Fraction = Field(title="Frame rate", description="Frames per second, exact")
    slots: tuple[SceneSlot, ...] = Field(min_length=1, title="Scenes")

    @property
    def frame_count(self) -> int:
        """Frames of the whole short."""
        last = self.slots[-1]
        return last.start_frame + last.frame_count
