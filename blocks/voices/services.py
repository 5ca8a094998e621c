"""Voices of services on the network: Edge, OpenAI and all that speak as it does, ElevenLabs."""

from pydantic import Field, SecretStr

from blocks.voices.base import Fetch, VoiceBlock, speaking
from engines.audio.narration import Speaker
from engines.audio.voices import elevenlabs, openai
from engines.audio.voices.edge import EdgeSpeaker
from engines.audio.voices.elevenlabs import ElevenLabsSpeaker
from engines.audio.voices.openai import OpenAiSpeaker
from engines.audio.voices.web import SpeechService
from engines.errors import VoiceUnavailable
from models.audio import VoiceInfo
from models.voice import Voice, VoiceProvider

SERVICE_URL = r"^https?://[^@\s?#]+$"


class EdgeVoice(VoiceBlock):
    """Microsoft Edge's online voices, without a key."""

    _block_type_name = "NeuroShorts Edge Voice"
    _block_type_slug = "neuroshorts-edge-voice"
    provider = VoiceProvider.EDGE
    is_outside = True

    voice: str = Field(default="", description="Speaks where the spec names no voice; empty for the language's")
    proxy: str | None = Field(default=None, description="HTTP proxy to reach the service through")
    timeout_s: float = Field(default=120, gt=0, le=600, description="Longest time for one narration")

    def speaker(self, voice: Voice, *, fetch: Fetch) -> Speaker:
        """Return the client."""
        return self._client()

    def voices(self, language: str | None) -> tuple[VoiceInfo, ...]:
        """Return the voices that the service lists."""
        return speaking(language, self._client().voices())

    def _client(self) -> EdgeSpeaker:
        return EdgeSpeaker(voice=self.voice, proxy=self.proxy, timeout_s=self.timeout_s)


class OpenAiVoice(VoiceBlock):
    """OpenAI, or any service that speaks as it does: Kokoro-FastAPI, LocalAI, speaches.

    A model whose name begins with kokoro is asked for the times of its words, too.
    """

    _block_type_name = "NeuroShorts OpenAI-compatible Voice"
    _block_type_slug = "neuroshorts-openai-voice"
    provider = VoiceProvider.OPENAI
    is_outside = True

    base_url: str = Field(default=openai.DEFAULT_URL, pattern=SERVICE_URL, description="Up to /v1, without the rest")
    api_key: SecretStr | None = Field(default=None, description="Empty for a service without keys")
    model: str = Field(default=openai.DEFAULT_MODEL, description="Used where the spec names none")
    voice: str = Field(default=openai.DEFAULT_VOICE, description="Used where the spec names none")
    instructions: str = Field(default="", max_length=4000, description="How to speak, for models that take it")
    timeout_s: float = Field(default=120, gt=0, le=600, description="Longest time for one narration")

    def speaker(self, voice: Voice, *, fetch: Fetch) -> Speaker:
        """Return the client."""
        return self._client()

    def voices(self, language: str | None) -> tuple[VoiceInfo, ...]:
        """Return the voices that the service lists, or OpenAI's own."""
        return self._client().voices()

    def _client(self) -> OpenAiSpeaker:
        key = self.api_key.get_secret_value() if self.api_key else ""
        service = SpeechService(
            name="openai",
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            secret=key,
            timeout_s=self.timeout_s,
        )
        return OpenAiSpeaker(service, voice=self.voice, model=self.model, instructions=self.instructions)


class ElevenLabsVoice(VoiceBlock):
    """ElevenLabs."""

    _block_type_name = "NeuroShorts ElevenLabs Voice"
    _block_type_slug = "neuroshorts-elevenlabs-voice"
    provider = VoiceProvider.ELEVENLABS
    is_outside = True

    base_url: str = Field(default=elevenlabs.DEFAULT_URL, pattern=SERVICE_URL, description="Up to /v1, without it")
    api_key: SecretStr | None = Field(default=None, description="Of the account")
    model: str = Field(default=elevenlabs.DEFAULT_MODEL, description="Used where the spec names none")
    voice: str = Field(default=elevenlabs.DEFAULT_VOICE, description="Voice id, used where the spec names none")
    stability: float = Field(default=0.5, ge=0, le=1, description="Less is livelier")
    similarity: float = Field(default=0.75, ge=0, le=1, description="To the original voice")
    style: float = Field(default=0.0, ge=0, le=1, description="Exaggeration")
    seed: int | None = Field(default=None, ge=0, le=4294967295, description="Makes answers repeatable, mostly")
    timeout_s: float = Field(default=120, gt=0, le=600, description="Longest time for one narration")

    def speaker(self, voice: Voice, *, fetch: Fetch) -> Speaker:
        """Return the client. Raises VoiceUnavailable without a key."""
        return self._client()

    def voices(self, language: str | None) -> tuple[VoiceInfo, ...]:
        """Return the voices of the account."""
        return speaking(language, self._client().voices())

    def _client(self) -> ElevenLabsSpeaker:
        key = self.api_key.get_secret_value() if self.api_key else ""
        if not key:
            reason = "elevenlabs needs a key: save a block, or set NEUROSHORTS_ELEVENLABS_API_KEY"
            raise VoiceUnavailable(voice="elevenlabs", reason=reason)
        service = SpeechService(
            name="elevenlabs",
            base_url=self.base_url,
            headers={"xi-api-key": key},
            secret=key,
            timeout_s=self.timeout_s,
        )
        return ElevenLabsSpeaker(
            service,
            voice=self.voice,
            model=self.model,
            stability=self.stability,
            similarity=self.similarity,
            style=self.style,
            seed=self.seed,
        )
