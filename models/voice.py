"""Who speaks, how, and what a narration may have in it besides words."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from models.base import Model

LONGEST_PAUSE_MS = 10_000
MOST_PAUSES = 40  # in one narration
PAUSE_PATTERN = re.compile(r"\[\s*pause\b([^\[\]]*)\]", re.IGNORECASE)
_LENGTH_PATTERN = re.compile(r"\s*(?:(\d{1,5}(?:\.\d{1,3})?)\s*(ms|s))?\s*", re.IGNORECASE)
_DEFAULT_PAUSE_MS = 500


def pause_ms(length: str) -> int:
    """Return the milliseconds of what follows "pause" in a mark: "400ms", "1.5 s", or nothing for half a second.

    Raises ValueError for anything else, and for a pause of more than 10 s.
    """
    found = _LENGTH_PATTERN.fullmatch(length)
    if found is None:
        raise ValueError(f"'[pause{length}]' should be such as [pause], [pause 400ms] or [pause 1.5s]")
    number, unit = found.groups()
    if number is None:
        return _DEFAULT_PAUSE_MS
    wanted_ms = round(float(number) * (1000 if unit.lower() == "s" else 1))
    if wanted_ms > LONGEST_PAUSE_MS:
        raise ValueError(f"'[pause{length}]' is longer than {LONGEST_PAUSE_MS // 1000} s")
    return wanted_ms


def _readable_marks(text: str) -> str:
    pauses = [pause_ms(match.group(1)) for match in PAUSE_PATTERN.finditer(text)]
    if len(pauses) > MOST_PAUSES:
        raise ValueError(f"should have at most {MOST_PAUSES} pauses; it has {len(pauses)}")
    return text


def _readable_script(text: str) -> str:
    for match in PAUSE_PATTERN.finditer(text):
        pause_ms(match.group(1))
    return text


NarrationText = Annotated[str, AfterValidator(_readable_marks)]
ScriptText = Annotated[str, AfterValidator(_readable_script)]


class VoiceProvider(StrEnum):
    """What speaks."""

    ESPEAK = "espeak"
    EDGE = "edge"
    PIPER = "piper"
    OPENAI = "openai"
    ELEVENLABS = "elevenlabs"


STAND_IN_PATTERN = rf"^({'|'.join(provider.value for provider in VoiceProvider)})(:[^\x00-\x1f]+)?$"
FallbackVoice = Annotated[str, Field(max_length=1100, pattern=STAND_IN_PATTERN)]


class Pronunciation(Model):
    """How a word or phrase is said that the voice would get wrong; captions keep the written form."""

    written: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"\S",
        title="Written",
        description="As the narration has it, in whole words; in lower case it is found in any case",
    )
    spoken: str = Field(max_length=200, title="Spoken", description="What the voice is given instead, such as sequel")


class Voice(Model):
    """Who speaks, and how."""

    provider: VoiceProvider = Field(
        default=VoiceProvider.ESPEAK,
        title="Provider",
        description="espeak works offline; edge needs the network; piper a model; openai and elevenlabs a saved block",
    )
    name: str = Field(
        default="",
        max_length=1024,
        pattern=r"^[^\x00-\x1f]*$",
        title="Voice",
        description="A name that `neuroshorts voices` lists, for piper also a model's path or URL; empty picks one",
    )
    block: str = Field(
        default="",
        max_length=64,
        pattern=r"^[a-z0-9-]*$",
        title="Block",
        description="Saved settings and key of the provider; empty for the block named default, if there is one",
    )
    model: str = Field(
        default="",
        max_length=128,
        pattern=r"^[^\x00-\x1f]*$",
        title="Model",
        description="Of openai or elevenlabs; empty for the block's",
    )
    rate: float = Field(default=1.0, ge=0.5, le=2.0, title="Rate", description="Speaking rate; 1 is the voice's own")
    pitch: int = Field(default=0, ge=-12, le=12, title="Pitch", description="Semitones up or down")
    fallback: tuple[FallbackVoice, ...] = Field(
        default=(),
        max_length=4,
        title="Fallback",
        description="Who speaks while the provider is down, in order: PROVIDER or PROVIDER:VOICE, such as espeak",
    )
    pronunciations: tuple[Pronunciation, ...] = Field(
        default=(), max_length=200, title="Pronunciations", description="Words that the voice would get wrong"
    )

    @property
    def label(self) -> str:
        """The provider and the name, as reports tell them and as `fallback` takes them."""
        return f"{self.provider}:{self.name}" if self.name else self.provider.value

    def chain(self) -> tuple["Voice", ...]:
        """Return this voice and, in order, those that stand in for it."""
        stand_ins = (said.partition(":") for said in self.fallback)
        return (
            self.model_copy(update={"fallback": ()}),
            *(
                Voice(
                    provider=VoiceProvider(provider),
                    name=name,
                    rate=self.rate,
                    pitch=self.pitch,
                    pronunciations=self.pronunciations,
                )
                for provider, _, name in stand_ins
            ),
        )
