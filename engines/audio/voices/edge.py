"""The voices of Microsoft Edge's "read aloud", by the edge-tts library: no key, and the time of every word."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engines.audio.narration import Utterance
from engines.audio.received import receive
from engines.audio.words import spoken_text
from engines.errors import SpeechFailed, VoiceUnavailable
from engines.retry_after import seconds_of
from models.audio import VoiceInfo
from models.timeline import WordTiming
from models.voice import Voice

PROVIDER = "edge"
MOST_BYTES = 64 << 20
TICKS_PER_MS = 10_000
# One voice for each language that is asked for most; any other is chosen from the service's list.
DEFAULT_VOICES = {
    "ar": "ar-EG-SalmaNeural",
    "bn": "bn-IN-TanishaaNeural",
    "cs": "cs-CZ-VlastaNeural",
    "de": "de-DE-KatjaNeural",
    "en": "en-US-AriaNeural",
    "en-gb": "en-GB-SoniaNeural",
    "es": "es-ES-ElviraNeural",
    "es-mx": "es-MX-DaliaNeural",
    "fr": "fr-FR-DeniseNeural",
    "he": "he-IL-HilaNeural",
    "hi": "hi-IN-SwaraNeural",
    "id": "id-ID-GadisNeural",
    "it": "it-IT-ElsaNeural",
    "ja": "ja-JP-NanamiNeural",
    "ko": "ko-KR-SunHiNeural",
    "nl": "nl-NL-ColetteNeural",
    "pl": "pl-PL-ZofiaNeural",
    "pt": "pt-BR-FranciscaNeural",
    "pt-pt": "pt-PT-RaquelNeural",
    "ru": "ru-RU-SvetlanaNeural",
    "sv": "sv-SE-SofieNeural",
    "th": "th-TH-PremwadeeNeural",
    "tr": "tr-TR-EmelNeural",
    "uk": "uk-UA-PolinaNeural",
    "vi": "vi-VN-HoaiMyNeural",
    "zh": "zh-CN-XiaoxiaoNeural",
}

_NAME = re.compile(r"[A-Za-z0-9(), -]+")
_LIST = "`neuroshorts voices --provider edge` lists them"

T = TypeVar("T")


@dataclass(frozen=True)
class EdgeSpeaker:
    """Voices behind Edge's web socket; `proxy` is an HTTP proxy to reach it through."""

    voice: str = ""
    proxy: str | None = None
    timeout_s: float = 120.0

    def synthesize(self, text: str, settings: Voice, *, language: str, folder: Path) -> Utterance:
        """Say `text`. Raises VoiceUnavailable, SpeechFailed."""
        name = settings.name or self.voice or self._default(language)
        if not _NAME.fullmatch(name):  # the library puts it into its SSML as it is
            raise VoiceUnavailable(voice=f"edge:{name}", reason=f"not a voice's name ({_LIST})")
        sent = folder / "answer.mp3"
        words = self._run(self._stream(spoken_text(text).strip(), name, settings.rate, sent), name)
        return receive(sent, words, name=f"edge:{name}", semitones=settings.pitch)

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Return the voices of the service. Raises SpeechFailed."""
        from edge_tts import list_voices

        found = self._run(list_voices(proxy=self.proxy), "edge")
        return tuple(
            VoiceInfo.model_validate(
                {
                    "provider": PROVIDER,
                    "name": voice["ShortName"],
                    "language": voice["Locale"].lower(),
                    "gender": voice["Gender"].lower(),
                    "description": voice["FriendlyName"],
                }
            )
            for voice in found
        )

    def _default(self, language: str) -> str:
        parts = language.lower().split("-")
        for length in range(len(parts), 0, -1):
            if name := DEFAULT_VOICES.get("-".join(parts[:length])):
                return name
        for voice in self.voices():
            if voice.language.split("-")[0] == parts[0]:
                return voice.name
        raise VoiceUnavailable(voice=language, reason="no voice of edge speaks this language")

    async def _stream(self, text: str, name: str, rate: float, output: Path) -> tuple[WordTiming, ...]:
        from edge_tts import Communicate

        words: list[WordTiming] = []
        count = 0
        speech = Communicate(
            text, name, rate=f"{round((rate - 1) * 100):+d}%", boundary="WordBoundary", proxy=self.proxy
        )
        with output.open("wb") as file:
            async for chunk in speech.stream():
                if chunk["type"] == "audio":
                    count += file.write(chunk["data"])
                    if count > MOST_BYTES:
                        raise VoiceUnavailable(voice=f"edge:{name}", reason=f"it sent more than {MOST_BYTES} bytes")
                elif chunk["text"]:
                    start_ms = round(chunk["offset"] / TICKS_PER_MS)
                    end_ms = start_ms + round(chunk["duration"] / TICKS_PER_MS)
                    words.append(WordTiming(text=chunk["text"], start_ms=max(start_ms, 0), end_ms=max(end_ms, 0)))
        return tuple(words)

    def _run(self, call: Awaitable[T], name: str) -> T:
        """Wait for a call of the library and name its failures. Raises VoiceUnavailable, SpeechFailed."""
        from aiohttp import ClientError, ClientResponseError
        from edge_tts.exceptions import EdgeTTSException

        voice = f"edge:{name}"

        async def bounded() -> T:
            async with asyncio.timeout(self.timeout_s):
                return await call

        try:
            return asyncio.run(bounded())
        except ValueError as error:  # what the library says of a voice that cannot be one
            raise VoiceUnavailable(voice=voice, reason=f"{error} ({_LIST})") from error
        except TimeoutError as error:
            raise SpeechFailed(voice=voice, reason=f"it took more than {self.timeout_s:g} s") from error
        except ClientResponseError as error:
            wait_s = seconds_of(error.headers.get("Retry-After", "")) if error.headers else None
            reason = f"it answered {error.status} {error.message}"
            raise SpeechFailed(voice=voice, reason=reason, retry_after_s=wait_s) from error
        except (ClientError, EdgeTTSException, OSError) as error:
            raise SpeechFailed(voice=voice, reason=str(error) or type(error).__name__) from error
