"""Words in speech, recognised by a faster-whisper model: an extra that need not be installed."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from engines.audio.heard import Recogniser
from engines.errors import RecogniserMissing
from models.timeline import WordTiming

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_THREADS = 2
_one_at_a_time = Lock()  # a model's memory is for one recognition


def recogniser(model: str, *, language: str) -> Recogniser:
    """Return what recognises words of `language` (BCP 47) with a model: its folder, or a name that is downloaded.

    Raises RecogniserMissing.
    """
    loaded = _load(model)

    def recognise(wav: Path) -> Sequence[WordTiming]:
        with _one_at_a_time:
            segments, _ = loaded.transcribe(
                str(wav),
                language=_known_language(loaded, language),
                word_timestamps=True,
                temperature=0.0,  # the same sound gives the same words
                condition_on_previous_text=False,
            )
            return [
                WordTiming(text=word.word.strip(), start_ms=_ms(word.start), end_ms=max(_ms(word.end), _ms(word.start)))
                for segment in segments
                for word in segment.words or ()
                if word.word.strip()
            ]

    return recognise


@cache
def _load(model: str) -> "WhisperModel":
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise RecogniserMissing(model=model, reason="faster-whisper is not installed (the extra `align`)") from error
    try:
        return WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=_THREADS)
    except (OSError, RuntimeError, ValueError) as error:
        raise RecogniserMissing(model=model, reason=str(error).splitlines()[0]) from error


def _known_language(model: "WhisperModel", language: str) -> str | None:
    """Return Whisper's name of a language; None, and it listens for itself, where it has none."""
    name = language.split("-")[0].lower()
    return name if name in model.supported_languages else None


def _ms(seconds: float) -> int:
    return max(round(seconds * 1000), 0)
