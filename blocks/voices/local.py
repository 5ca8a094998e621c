"""Voices of this machine: espeak-ng and Piper's models."""

from pathlib import Path

from pydantic import Field

from blocks.voices.base import Fetch, VoiceBlock, speaking
from engines.audio import espeak, espeak_voices
from engines.audio.narration import Speaker
from engines.audio.voices.piper import PiperSpeaker
from engines.errors import VoiceUnavailable
from models.audio import VoiceInfo
from models.voice import Voice, VoiceProvider


class EspeakVoice(VoiceBlock):
    """espeak-ng: offline, in more than a hundred languages."""

    _block_type_name = "NeuroShorts espeak Voice"
    _block_type_slug = "neuroshorts-espeak-voice"
    provider = VoiceProvider.ESPEAK

    voice: str = Field(default="", description="Speaks where the spec names no voice; empty for the language's")

    def speaker(self, voice: Voice, *, fetch: Fetch) -> Speaker:
        """Return espeak-ng."""
        return espeak.EspeakSpeaker(voice=self.voice)

    def voices(self, language: str | None) -> tuple[VoiceInfo, ...]:
        """Return every voice; with a language, its voices and their variants."""
        return espeak_voices.voices(language)


class PiperVoice(VoiceBlock):
    """A Piper voice on this machine, or fetched once: an .onnx file with its .onnx.json next to it."""

    _block_type_name = "NeuroShorts Piper Voice"
    _block_type_slug = "neuroshorts-piper-voice"
    provider = VoiceProvider.PIPER

    voice: str = Field(
        default="",
        description="Model that speaks where the spec names none: a path, https://… or s3://…",
    )
    folder: str = Field(default="", description="Path or URL of a folder of models, which specs name without it")
    speaker_name: str = Field(default="", description="Of a model with several speakers: a name or a number")
    noise_scale: float | None = Field(default=None, ge=0, le=2, description="Liveliness; empty for the model's own")
    noise_w: float | None = Field(default=None, ge=0, le=2, description="Unevenness of pace; empty for the model's own")

    def speaker(self, voice: Voice, *, fetch: Fetch) -> Speaker:
        """Return the model's speaker, its files fetched."""
        model, config = (fetch(address) for address in self.files(voice))
        return PiperSpeaker(
            model=model,
            config=config,
            name=f"piper:{voice.name or self.voice}",
            speaker=_speaker_in(voice.name) or self.speaker_name,
            noise_scale=self.noise_scale,
            noise_w=self.noise_w,
        )

    def files(self, voice: Voice) -> tuple[str, ...]:
        """Return the addresses of the model and of its configuration. Raises VoiceUnavailable."""
        address = voice.name.rpartition("#")[0] or voice.name or self.voice
        if not address:
            reason = "piper needs a model: the path or URL of an .onnx file as voice.name, or a saved block with one"
            raise VoiceUnavailable(voice="piper", reason=reason)
        if not address.endswith(".onnx"):
            address += ".onnx"
        if "/" not in address and self.folder:
            address = f"{self.folder.rstrip('/')}/{address}"
        return address, f"{address}.json"

    def voices(self, language: str | None) -> tuple[VoiceInfo, ...]:
        """Return the models in the block's folder, if it is one of this machine."""
        models = sorted(Path(self.folder).expanduser().glob("*.onnx")) if self.folder else []
        found = (
            VoiceInfo(provider="piper", name=path.stem, language=path.stem.partition("-")[0].lower().replace("_", "-"))
            for path in models
        )
        return speaking(language, tuple(found))


def _speaker_in(name: str) -> str:
    return name.rpartition("#")[2] if "#" in name else ""
