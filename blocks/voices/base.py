"""What every kind of voice block has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from prefect.blocks.core import Block
from pydantic import SecretStr

from engines.audio.narration import Speaker
from engines.errors import VoiceUnavailable
from models.audio import VoiceInfo
from models.voice import Voice, VoiceProvider

_NOT_OF_THE_SOUND = frozenset({"timeout_s", "proxy"})

Fetch = Callable[[str], Path]  # from the address of a file to a copy of it on this machine


class VoiceBlock(Block):
    """One provider of voices, with the settings that an installation saved for it."""

    provider: ClassVar[VoiceProvider]
    is_outside: ClassVar[bool] = False  # whether it is a service on the network

    def speaker(self, voice: Voice, *, fetch: Fetch) -> Speaker:
        """Return what speaks. Raises VoiceUnavailable, and what `fetch` raises."""
        raise NotImplementedError

    def voices(self, language: str | None) -> tuple[VoiceInfo, ...]:
        """Return the voices that a spec may name. Raises VoiceUnavailable, SpeechFailed."""
        raise NotImplementedError

    def files(self, voice: Voice) -> tuple[str, ...]:
        """Return the addresses of the files that decide the sound."""
        return ()

    def identity(self) -> dict[str, Any]:
        """Return what of these settings decides the sound; never a secret."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name not in _NOT_OF_THE_SOUND}
        return {name: value for name, value in values.items() if not isinstance(value, SecretStr)}


def speaking(language: str | None, voices: tuple[VoiceInfo, ...]) -> tuple[VoiceInfo, ...]:
    """Return the voices of a language and its dialects. Raises VoiceUnavailable if there are none."""
    if language is None:
        return voices
    wanted = language.lower()
    found = tuple(
        voice for voice in voices if voice.language in (wanted, "any") or voice.language.startswith(f"{wanted}-")
    )
    if not found:
        raise VoiceUnavailable(voice=language, reason="no voice of this provider speaks this language")
    return found
