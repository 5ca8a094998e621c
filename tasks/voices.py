"""Who speaks a narration: the voice that the spec names or, while that one is down, those that stand in for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect.context import TaskRunContext

from blocks.settings import get_settings
from blocks.voices import service_of, voice_block
from engines.audio.heard import Recogniser
from engines.audio.narration import Speaker, Utterance, narrate
from engines.audio.recognition import recogniser
from engines.errors import NeuroShortsError
from models.audio import Speech
from models.voice import Voice, VoiceProvider
from tasks.caching import StepCache
from tasks.services import calling
from tasks.voice_files import fetch_file, local_file


@dataclass
class VoiceCache(StepCache):
    """Counts what decides the sound: the first voice's saved settings and files, and the model that finds words.

    Who stands in does not count, since a narration that somebody else spoke is recorded as theirs.
    """

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: object
    ) -> str | None:
        """Return the key, or None if a block or file cannot be read: the step meets the same failure and reports it."""
        try:
            counted = sounding(inputs)
        except NeuroShortsError:
            return None
        return super().compute_key(task_ctx, counted, flow_parameters)


def sounding(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step's inputs with what they stand for, as far as it decides the sound. No secret is among them."""
    voice: Voice | None = inputs.get("voice")
    settings = get_settings()
    if voice is None or inputs.get("recording") is not None:
        return {**inputs, "voice": None, "recogniser": settings.whisper_model}
    first = voice.chain()[0]
    block = voice_block(first.provider, first.block)
    tells = first.provider is VoiceProvider.ESPEAK
    return {
        **inputs,
        "voice": first.model_copy(update={"block": ""}),
        "settings": block.identity(),
        "files": tuple(fetch_file(address) for address in block.files(first)),
        "recogniser": "" if tells else settings.whisper_model,
    }


def speak(text: str, voice: Voice, *, language: str, output: Path) -> Speech:
    """Say a narration with the first voice of the chain into `output`. Raises VoiceUnavailable, SpeechFailed."""
    block = voice_block(voice.provider, voice.block)
    speaker = block.speaker(voice, fetch=local_file)
    service = service_of(block, voice.block)
    called = _Called(speaker, service) if service else speaker
    return narrate(
        text, speaker=called, voice=voice, language=language, output=output, recognise=recogniser_for(language)
    )


@dataclass(frozen=True)
class _Called:
    """A voice that is an outside service."""

    speaker: Speaker
    service: str

    def synthesize(self, text: str, settings: Voice, *, language: str, folder: Path) -> Utterance:
        with calling(self.service):
            return self.speaker.synthesize(text, settings, language=language, folder=folder)


def recogniser_for(language: str) -> Recogniser | None:
    """Return what recognises words, if the installation has a model for it. Loads it when it is first used."""
    model = get_settings().whisper_model
    if not model:
        return None
    return lambda wav: recogniser(model, language=language)(wav)
