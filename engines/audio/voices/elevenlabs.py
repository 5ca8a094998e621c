"""ElevenLabs: speech with the time of every character."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from engines.audio.narration import Utterance
from engines.audio.received import receive
from engines.audio.voices.web import SpeechService
from engines.audio.words import spoken_text
from engines.errors import SpeechFailed
from models.audio import VoiceInfo
from models.base import Model
from models.timeline import WordTiming
from models.voice import Voice

PROVIDER = "elevenlabs"
DEFAULT_URL = "https://api.elevenlabs.io"
DEFAULT_MODEL = "eleven_multilingual_v2"
DEFAULT_VOICE = "21m00Tcm4TlvDq8ikWAM"
FORMAT = "mp3_44100_128"  # the best that every plan may use
_SPEEDS = (0.7, 1.2)  # what the service takes; the rest is done here


class _Alignment(Model, extra="ignore"):
    characters: tuple[str, ...]
    character_start_times_seconds: tuple[float, ...]
    character_end_times_seconds: tuple[float, ...]


class _Answer(Model, extra="ignore"):
    audio_base64: str
    alignment: _Alignment | None = None


@dataclass(frozen=True)
class ElevenLabsSpeaker:
    """Voices behind `POST /v1/text-to-speech/{voice}/with-timestamps`."""

    service: SpeechService
    voice: str = DEFAULT_VOICE
    model: str = DEFAULT_MODEL
    stability: float = 0.5
    similarity: float = 0.75
    style: float = 0.0
    seed: int | None = None

    def synthesize(self, text: str, settings: Voice, *, language: str, folder: Path) -> Utterance:
        """Say `text`. Raises VoiceUnavailable, SpeechFailed."""
        speed = min(max(settings.rate, _SPEEDS[0]), _SPEEDS[1])
        said = spoken_text(text).strip()
        body = {
            "text": said,
            "model_id": settings.model or self.model,
            "voice_settings": {
                "stability": self.stability,
                "similarity_boost": self.similarity,
                "style": self.style,
                "speed": speed,
            },
            **({} if self.seed is None else {"seed": self.seed}),
        }
        voice = quote(settings.name or self.voice, safe="")
        answer = self.service.post(f"v1/text-to-speech/{voice}/with-timestamps", body, output_format=FORMAT)
        sound, words = self._read(answer)
        sent = folder / "answer.mp3"
        sent.write_bytes(sound)
        tempo = settings.rate / speed
        return receive(sent, words, name=self.service.name, tempo=tempo, semitones=settings.pitch)

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Return the voices of the account. Raises VoiceUnavailable, SpeechFailed."""
        found = self.service.get("v1/voices")
        if not isinstance(found, dict) or not isinstance(found.get("voices"), list):
            raise SpeechFailed(voice=self.service.name, reason="its list of voices is not one")
        return tuple(_info(voice) for voice in found["voices"])

    def _read(self, answer: bytes) -> tuple[bytes, tuple[WordTiming, ...]]:
        try:
            told = _Answer.model_validate(self.service.decode(answer))
            sound = base64.b64decode(told.audio_base64, validate=True)
        except (ValidationError, binascii.Error) as error:
            raise SpeechFailed(voice=self.service.name, reason="its answer has no sound in it") from error
        return sound, _words(told.alignment) if told.alignment else ()


def _words(alignment: _Alignment) -> tuple[WordTiming, ...]:
    """Return words from characters: what stands between white space, from its first to its last."""
    groups: list[list[tuple[str, float, float]]] = [[]]
    columns = (
        alignment.characters,
        alignment.character_start_times_seconds,
        alignment.character_end_times_seconds,
    )
    for character, start_s, end_s in zip(*columns, strict=False):
        if character.isspace():
            groups.append([])
        else:
            groups[-1].append((character, start_s, end_s))
    return tuple(_word(group) for group in groups if group)


def _word(characters: Sequence[tuple[str, float, float]]) -> WordTiming:
    start_ms = max(round(characters[0][1] * 1000), 0)
    end_ms = max(round(characters[-1][2] * 1000), start_ms)
    return WordTiming(text="".join(character for character, _, _ in characters), start_ms=start_ms, end_ms=end_ms)


def _info(voice: dict[str, Any]) -> VoiceInfo:
    labels = voice.get("labels") or {}
    gender = labels.get("gender")
    return VoiceInfo(
        provider=PROVIDER,
        name=str(voice.get("voice_id", "")),
        language=str(labels.get("language") or "any").lower(),
        gender=gender if gender in ("male", "female") else "unknown",
        description=str(voice.get("name", "")),
    )
