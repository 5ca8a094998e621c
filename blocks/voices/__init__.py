"""Voices as Prefect blocks: each provider's settings and key, saved once under a name that specs pick them by."""

from typing import Any

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from blocks.settings import get_settings
from blocks.voices.base import VoiceBlock
from blocks.voices.local import EspeakVoice, PiperVoice
from blocks.voices.services import EdgeVoice, ElevenLabsVoice, OpenAiVoice
from engines.errors import VoiceUnavailable
from models.voice import VoiceProvider

DEFAULT_BLOCK = "default"
VOICE_BLOCKS: tuple[type[VoiceBlock], ...] = (EspeakVoice, EdgeVoice, PiperVoice, OpenAiVoice, ElevenLabsVoice)
_BY_PROVIDER = {block.provider: block for block in VOICE_BLOCKS}


def voice_block(provider: VoiceProvider, name: str) -> VoiceBlock:
    """Return the saved block of a provider, or what it is without one. Raises VoiceUnavailable for an unknown name.

    Without a name it is the block called default, if there is one; espeak has no need of it.
    """
    kind = _BY_PROVIDER[provider]
    if provider is VoiceProvider.ESPEAK and not name:
        return kind()
    with get_client(sync_client=True) as client:
        try:
            document = client.read_block_document_by_name(name or DEFAULT_BLOCK, kind.get_block_type_slug())
        except ObjectNotFound:
            if name:
                reason = f"there is no block of this name and the type {kind.get_block_type_slug()}"
                raise VoiceUnavailable(voice=f"{provider} {name}", reason=reason) from None
            return kind(**_environment(provider))
    return kind(**document.data)


def service_of(block: VoiceBlock, name: str) -> str | None:
    """Return the service that a voice needs, as a circuit breaker knows it; None for one of this machine."""
    if not block.is_outside:
        return None
    return f"voice:{block.provider}" + (f":{name}" if name and name != DEFAULT_BLOCK else "")


def _environment(provider: VoiceProvider) -> dict[str, Any]:
    settings = get_settings()
    match provider:
        case VoiceProvider.OPENAI:
            url = {"base_url": settings.openai_url} if settings.openai_url else {}
            return {"api_key": settings.openai_api_key, **url}
        case VoiceProvider.ELEVENLABS:
            return {"api_key": settings.elevenlabs_api_key}
        case _:
            return {}
