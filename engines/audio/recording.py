"""The user's own voice-over: to the master's format, with word times recognised, or estimated from its pauses."""

from pathlib import Path

from engines.audio.alignment import estimate
from engines.audio.heard import Recogniser, recognised
from engines.audio.pcm import decode_to_wav, load_wav, samples_of
from engines.audio.reference import refer
from engines.audio.spoken import plain_text
from engines.audio.words import attach_silent, split_words
from engines.timebase import samples_to_ms
from models.audio import Speech

LONGEST_MS = 3_600_000


def align_recording(
    recording: Path, *, text: str, language: str, output: Path, source: str, recognise: Recogniser | None = None
) -> Speech:
    """Decode any recording into `output` (WAV, 48 kHz, mono, 16-bit) and tell when each word of `text` is heard.

    Nothing is trimmed. `source` is what errors call the recording. Raises SourceUnreadable.
    """
    decode_to_wav(recording, output, channels=1, name=source, limit_ms=LONGEST_MS)
    samples = samples_of(load_wav(output))
    text = plain_text(text)
    words = attach_silent(split_words(text), text)
    duration_ms = samples_to_ms(len(samples))
    if not words:
        return Speech(duration_ms=duration_ms, timing="estimated")
    timings = recognised(words, recognise(output), samples) if recognise else None
    if timings:
        return Speech(duration_ms=duration_ms, words=timings, timing="recognised")
    return Speech(
        duration_ms=duration_ms,
        words=estimate(words, samples, reference=refer(words, text, language=language)),
        timing="estimated",
    )
