"""What is heard beside the voice: music, sound effects, and how the master is made."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.addresses import SourceAddress
from models.base import BlankIsNone, Model, plain_schema


class Music(Model):
    """What plays under the voice."""

    track: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Track",
        description="Audio source, such as assets:music/ambient; empty for none, or for one of the mood",
    )
    mood: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        max_length=40,
        title="Mood",
        description="Picks a track, such as calm or moving; `neuroshorts music` lists the moods",
    )
    gain_db: float = Field(
        default=-14.0,
        ge=-60,
        le=12,
        title="Gain (dB)",
        description="Level in the gaps, relative to the voice",
    )
    duck: bool = Field(default=True, title="Duck", description="Lower the music while the voice speaks")
    duck_db: float = Field(
        default=12.0, ge=0, le=40, title="Ducking (dB)", description="How far down while the voice speaks"
    )
    fade_in_ms: int = Field(default=400, ge=0, le=10_000, title="Fade-in (ms)", description="At the short's start")
    fade_out_ms: int = Field(default=1500, ge=0, le=20_000, title="Fade-out (ms)", description="At the short's end")


class CleanVoice(StrEnum):
    """Which voices are cleaned up."""

    NEVER = "never"
    RECORDINGS = "recordings"
    ALWAYS = "always"


class Sound(Model):
    """Sound effects, and how the master is made."""

    loudness: str = Field(
        default="social",
        max_length=40,
        title="Loudness",
        description="Of a platform in assets/loudness.toml, such as social (-14 LUFS) or podcast (-16 LUFS)",
    )
    clean_voice: CleanVoice = Field(
        default=CleanVoice.RECORDINGS,
        title="Clean up the voice",
        description="Rumble removed, evened out, sharp s softened: in your own recordings, always or never",
    )
    transition_sounds: bool = Field(
        default=False, title="Transition sounds", description="A whoosh with each transition, as suits its kind"
    )
    transition_sound: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Transition sound",
        description="One sound effect for all transitions, such as assets:sounds/whip",
    )
    effects_gain_db: float = Field(
        default=-8.0, ge=-60, le=12, title="Effects (dB)", description="Level of sound effects, relative to the voice"
    )
