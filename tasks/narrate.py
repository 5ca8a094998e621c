"""Speak a scene, or take its recording."""

from collections.abc import Sequence
from pathlib import Path

from prefect.context import TaskRunContext
from prefect.logging import get_run_logger
from prefect.transactions import get_transaction

from blocks.records import read_result
from blocks.store import ArtifactStore, open_store
from engines.audio.recording import align_recording
from engines.audio.splitting import split_recording
from engines.errors import DownloadFailed, ServiceSuspended, SpeechFailed
from models.artifacts import ArtifactRef
from models.audio import Speech
from models.media import Source
from models.timeline import RECORDING, Narration, Narrations
from models.voice import Voice
from tasks.errors import in_scene
from tasks.retries import RETRIES, step
from tasks.voices import VoiceCache, recogniser_for, sounding, speak

_STEP = VoiceCache(version=3, exclude=frozenset({"number", "total"}))
_DOWN = (SpeechFailed, ServiceSuspended, DownloadFailed)


@step(
    version=_STEP.version,
    cache=VoiceCache,
    run_name="synthesize_narration: scene {number} of {total}",
    exclude=_STEP.exclude,
)
def synthesize_narration(
    text: str, voice: Voice, language: str, recording: Source | None, number: int, total: int
) -> Narration:
    """Return the scene's speech and when each word is said.

    Raises SceneError (voice or recording cannot be used) and, if nobody stands in, SpeechFailed, ServiceSuspended.
    """
    with in_scene(number):
        if recording is not None and recording.blob is not None:
            return _recorded(recording.blob, recording.uri, text, language)
        first, *stand_ins = voice.chain()
        try:
            return _synthesized(text, first, language)
        except _DOWN as failure:
            if not stand_ins or not (isinstance(failure, ServiceSuspended) or _is_last_attempt()):
                raise
            return _stood_in(text, stand_ins, language, failure)


@step(version=1, cache=VoiceCache, run_name="split_voice_over")
def split_voice_over(recording: Source, texts: tuple[str, ...], scenes: tuple[int, ...], language: str) -> Narrations:
    """Return the parts of one recording that say the texts, as the speech of the scenes (counted from 0).

    Raises SourceUnreadable.
    """
    assert recording.blob is not None
    store = open_store()
    with store.scratch() as folder:
        outputs = [folder / f"part-{number}.wav" for number in range(len(texts))]
        parts = split_recording(
            store.local_path(recording.blob),
            texts,
            language=language,
            outputs=outputs,
            source=recording.uri,
            recognise=recogniser_for(language),
        )
        narrations = {
            index: _stored(store, speech, output, RECORDING)
            for index, speech, output in zip(scenes, parts, outputs, strict=True)
        }
    return Narrations(scenes=tuple(narrations.get(index) for index in range(max(scenes) + 1)))


def _recorded(blob: ArtifactRef, source: str, text: str, language: str) -> Narration:
    store = open_store()
    with store.scratch() as folder:
        wav = folder / "speech.wav"
        speech = align_recording(
            store.local_path(blob),
            text=text,
            language=language,
            output=wav,
            source=source,
            recognise=recogniser_for(language),
        )
        return _stored(store, speech, wav, RECORDING)


def _synthesized(text: str, voice: Voice, language: str) -> Narration:
    store = open_store()
    with store.scratch() as folder:
        wav = folder / "speech.wav"
        return _stored(store, speak(text, voice, language=language, output=wav), wav, voice.label)


def _stored(store: ArtifactStore, speech: Speech, wav: Path, speaker: str) -> Narration:
    return Narration(
        audio=store.put(wav, "audio/wav", move=True),
        duration_ms=speech.duration_ms,
        words=speech.words,
        timing=speech.timing,
        speaker=speaker,
    )


def _is_last_attempt() -> bool:
    """Tell whether Prefect has retried as often as it does; outside a run, there is only one attempt."""
    context = TaskRunContext.get()
    return context is None or context.task_run.run_count > RETRIES


def _stood_in(text: str, voices: Sequence[Voice], language: str, failure: Exception) -> Narration:
    """Return the narration of the first voice that can speak, recorded as its own: the first voice is asked again."""
    for voice in voices:
        get_run_logger().warning("%s; %s speaks instead", failure, voice.label)
        key = _STEP.key(
            synthesize_narration.name, sounding({"text": text, "voice": voice, "language": language, "recording": None})
        )
        transaction = get_transaction()
        if transaction is not None:
            transaction.key = key
        if isinstance(narration := read_result(key), Narration):
            return narration
        try:
            return _synthesized(text, voice, language)
        except _DOWN as error:
            failure = error
    raise failure
