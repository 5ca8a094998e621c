"""Any service that speaks as OpenAI's does: OpenAI itself, Kokoro-FastAPI, LocalAI, speaches, openedai-speech."""

from dataclasses import dataclass
from pathlib import Path

from engines.audio.narration import Utterance
from engines.audio.received import receive
from engines.audio.voices.web import SpeechService
from engines.audio.words import spoken_text
from engines.errors import VoiceUnavailable
from models.audio import VoiceInfo
from models.voice import Voice

PROVIDER = "openai"
DEFAULT_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-4o-mini-tts"
DEFAULT_VOICE = "alloy"
KNOWN_VOICES = ("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse")
_IGNORES_SPEED = "gpt-4o"  # how the names of models begin that do


@dataclass(frozen=True)
class OpenAiSpeaker:
    """Voices behind `POST /audio/speech`. The service tells no word times."""

    service: SpeechService
    voice: str = DEFAULT_VOICE
    model: str = DEFAULT_MODEL
    instructions: str = ""

    def synthesize(self, text: str, settings: Voice, *, language: str, folder: Path) -> Utterance:
        """Say `text`. Raises VoiceUnavailable, SpeechFailed."""
        model = settings.model or self.model
        tempo = settings.rate if model.startswith(_IGNORES_SPEED) else 1.0
        body = {
            "model": model,
            "input": spoken_text(text).strip(),
            "voice": settings.name or self.voice,
            "response_format": "wav",
            **({"instructions": self.instructions} if self.instructions else {}),
            **({"speed": settings.rate} if tempo == 1.0 != settings.rate else {}),
        }
        sent = folder / "answer.wav"
        sent.write_bytes(self.service.post("audio/speech", body))
        return receive(sent, (), name=self.service.name, tempo=tempo, semitones=settings.pitch)

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Return the voices that the service lists at `/audio/voices`, as Kokoro does, else OpenAI's own."""
        try:
            found = self.service.get("audio/voices")
        except VoiceUnavailable:
            found = {"voices": KNOWN_VOICES}
        listed = found.get("voices", ()) if isinstance(found, dict) else found
        names = [str(each.get("id") or each.get("name")) if isinstance(each, dict) else str(each) for each in listed]
        return tuple(VoiceInfo(provider=PROVIDER, name=name, language="any") for name in names)
