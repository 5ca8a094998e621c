"""Speak a scene, or take its recording."""

from blocks.store import open_store
from engines.audio.espeak import synthesize
from engines.audio.recording import align_recording
from models.media import Source
from models.spec import Voice
from models.timeline import Narration
from tasks.errors import in_scene
from tasks.retries import step


@step(version=1, run_name="synthesize_narration: scene {number} of {total}", exclude=("number", "total"))
def synthesize_narration(
    text: str, voice: Voice, language: str, recording: Source | None, number: int, total: int
) -> Narration:
    """Return the scene's speech and when each word is said.

    Raises SceneError (voice or recording cannot be used), SpeechFailed.
    """
    store = open_store()
    with in_scene(number), store.scratch() as folder:
        wav = folder / "speech.wav"
        if recording is not None and recording.blob is not None:
            path = store.local_path(recording.blob)
            speech = align_recording(path, text=text, output=wav, source=recording.uri)
        else:
            speech = synthesize(text, voice=voice, language=language, output=wav)
        return Narration(
            audio=store.put(wav, "audio/wav", move=True),
            duration_ms=speech.duration_ms,
            words=speech.words,
            timing=speech.timing,
        )
