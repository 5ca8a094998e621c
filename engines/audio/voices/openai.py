"""Any service that speaks as OpenAI's does: OpenAI itself, Kokoro-FastAPI, LocalAI, speaches, openedai-speech."""

import base64
import binascii
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engines.audio.narration import Utterance
from engines.audio.received import receive
from engines.audio.voices.web import SpeechService
from engines.audio.words import spoken_text
from engines.errors import SpeechFailed, VoiceUnavailable
from models.audio import VoiceInfo
from models.base import Model
from models.timeline import WordTiming
from models.voice import Voice

PROVIDER = "openai"
DEFAULT_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-4o-mini-tts"
DEFAULT_VOICE = "alloy"
KNOWN_VOICES = (
    *("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable"),
    *("marin", "nova", "onyx", "sage", "shimmer", "verse"),
)
_IGNORES_SPEED = "gpt-4o"  # how the names of models begin that do
_IGNORES_INSTRUCTIONS = "tts-1"
_TELLS_TIMES = "kokoro"
_NOT_OFFERED = (404, 405)


class _Timestamp(Model, extra="ignore"):
    word: str
    start_time: float
    end_time: float


class _Captioned(Model, extra="ignore"):
    audio: str
    timestamps: tuple[_Timestamp, ...] | None = None


@dataclass(frozen=True)
class OpenAiSpeaker:
    """Voices behind `POST /audio/speech`, which tells no word times, or `/dev/captioned_speech`, which does."""

    service: SpeechService
    voice: str = DEFAULT_VOICE
    model: str = DEFAULT_MODEL
    instructions: str = ""

    def synthesize(self, text: str, settings: Voice, *, language: str, folder: Path) -> Utterance:
        """Say `text`. Raises VoiceUnavailable, SpeechFailed."""
        model = settings.model or self.model
        tempo = settings.rate if model.startswith(_IGNORES_SPEED) else 1.0
        instructions = "" if model.startswith(_IGNORES_INSTRUCTIONS) else self.instructions
        body = {
            "model": model,
            "input": spoken_text(text).strip(),
            "voice": settings.name or self.voice,
            "response_format": "wav",
            **({"instructions": instructions} if instructions else {}),
            **({"speed": settings.rate} if tempo == 1.0 != settings.rate else {}),
        }
        captioned = self._captioned(body) if model.startswith(_TELLS_TIMES) else None
        sound, words = captioned or (self.service.post("audio/speech", body), ())
        sent = folder / "answer.wav"
        sent.write_bytes(sound)
        return receive(sent, words, name=self.service.name, tempo=tempo, semitones=settings.pitch)

    def _captioned(self, body: dict[str, Any]) -> tuple[bytes, tuple[WordTiming, ...]] | None:
        """Return the sound and the times of its words as Kokoro-FastAPI tells them; None from another server."""
        beside = replace(self.service, base_url=self.service.base_url.rstrip("/").removesuffix("/v1"))
        try:
            answer = beside.post("dev/captioned_speech", {**body, "stream": False, "return_timestamps": True})
        except VoiceUnavailable as refused:
            if refused.details.get("status") in _NOT_OFFERED:
                return None
            raise
        try:
            told = _Captioned.model_validate(self.service.decode(answer))
            sound = base64.b64decode(told.audio, validate=True)
        except (ValidationError, binascii.Error) as error:
            raise SpeechFailed(voice=self.service.name, reason="its answer has no sound in it") from error
        return sound, tuple(_timing(stamp) for stamp in told.timestamps or ())

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Return the voices that the service lists at `/audio/voices`, as Kokoro does, else OpenAI's own."""
        try:
            found = self.service.get("audio/voices")
        except VoiceUnavailable:
            found = {"voices": KNOWN_VOICES}
        listed = found.get("voices", ()) if isinstance(found, dict) else found
        names = [str(each.get("id") or each.get("name")) if isinstance(each, dict) else str(each) for each in listed]
        return tuple(VoiceInfo(provider=PROVIDER, name=name, language="any") for name in names)


def _timing(stamp: _Timestamp) -> WordTiming:
    start_ms = max(round(stamp.start_time * 1000), 0)
    return WordTiming(text=stamp.word, start_ms=start_ms, end_ms=max(round(stamp.end_time * 1000), start_ms))
