"""One recording of a whole short, split over its scenes where the speaker pauses between their texts."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.audio.alignment import activity_of, estimate
from engines.audio.heard import Recogniser, recognised
from engines.audio.pcm import Samples, decode_to_wav, faded, load_wav, samples_of, save_wav, short_levels
from engines.audio.recording import LONGEST_MS
from engines.audio.reference import MOST_CHARACTERS, Reference, joined, refer
from engines.audio.spoken import plain_text
from engines.audio.timing import WINDOW, Activity
from engines.audio.words import WrittenWord, attach_silent, split_words
from engines.errors import SourceUnreadable
from engines.timebase import ms_to_sample, samples_to_ms
from engines.timeline import LEAD_MS, TAIL_MS
from models.audio import Speech
from models.timeline import WordTiming

_FADE_MS = 5
_LEAST_MS = 40  # of a scene's part
_GUARD_MS = 30  # of silence that stays at the edge of a sound
_SEARCH_MS = 150  # to either side, where the speaker does not pause between two scenes


def split_recording(
    recording: Path,
    texts: Sequence[str],
    *,
    language: str,
    outputs: Sequence[Path],
    source: str,
    recognise: Recogniser | None = None,
) -> tuple[Speech, ...]:
    """Write the part of a recording that says each text (WAV, 48 kHz, mono, 16-bit) and time its words.

    All that is heard is in one of the parts, in order. Of the silence around them as much is left out as the timeline
    puts between scenes, so that the speaker's pace stays. `source` is what errors call it. Raises SourceUnreadable.
    """
    whole = outputs[0].with_name("whole.wav")
    decode_to_wav(recording, whole, channels=1, name=source, limit_ms=LONGEST_MS)
    samples = samples_of(load_wav(whole))
    written = [_words_of(text) for text in texts]
    if len(samples) < ms_to_sample(_LEAST_MS) * len(texts):
        raise SourceUnreadable(source=source, reason=f"too short to be split over {len(texts)} scenes")
    words = [word for part in written for word in part]
    found = recognised(words, recognise(whole), samples) if recognise else None
    timings = found or estimate(words, samples, reference=_reference(texts, written, language))
    firsts = [0, *accumulate(map(len, written))]
    spans = _spans(timings, firsts[1:-1], samples)
    return tuple(
        _part(samples, span, timings[slice(*own)], output, is_recognised=found is not None)
        for span, own, output in zip(spans, pairwise(firsts), outputs, strict=True)
    )


def _reference(texts: Sequence[str], written: Sequence[Sequence[WrittenWord]], language: str) -> Reference | None:
    if sum(map(len, texts)) > MOST_CHARACTERS:
        return None
    return joined(
        [refer(words, plain_text(text), language=language) for text, words in zip(texts, written, strict=True)]
    )


def _words_of(text: str) -> tuple[WrittenWord, ...]:
    plain = plain_text(text)
    return attach_silent(split_words(plain), plain)


def _spans(timings: Sequence[WordTiming], firsts: Sequence[int], samples: Samples) -> list[tuple[int, int]]:
    """Return the samples of each scene's part, each at least `_LEAST_MS` long; `firsts` are their first words."""
    heard = activity_of(samples)
    levels = short_levels(samples, WINDOW)
    sounding = np.flatnonzero(heard) * WINDOW
    first_heard, last_heard = (int(sounding[0]), int(sounding[-1]) + WINDOW) if len(sounding) else (0, len(samples))
    start = min(_spare(first_heard), ms_to_sample(LEAD_MS))
    end = len(samples) - min(_spare(len(samples) - last_heard), ms_to_sample(TAIL_MS))
    least = ms_to_sample(_LEAST_MS)
    if end - start < least * (len(firsts) + 1):
        start, end = 0, len(samples)  # so short that no silence is to spare
    spans: list[tuple[int, int]] = []
    for number, first in enumerate(firsts):
        quiet = _quiet_between(timings[first - 1], timings[first], heard, levels)
        left_out = min(_spare(quiet[1] - quiet[0]), ms_to_sample(LEAD_MS + TAIL_MS))
        stop = quiet[0] + (quiet[1] - quiet[0] - left_out) * TAIL_MS // (LEAD_MS + TAIL_MS)
        latest = end - least * (len(firsts) - number)
        stop = min(max(stop, start + least), latest)
        spans.append((start, stop))
        start = min(stop + left_out, latest)
    return [*spans, (start, end)]


def _spare(silence: int) -> int:
    """Return how much of a silence may go without touching the sound's beginning and end."""
    return max(silence - 2 * ms_to_sample(_GUARD_MS), 0)


def _quiet_between(
    before: WordTiming, after: WordTiming, heard: Activity, levels: NDArray[np.float32]
) -> tuple[int, int]:
    """Return the longest silence between two words, else the quietest moment near where they meet."""
    first, stop = ms_to_sample(before.end_ms) // WINDOW, -(-ms_to_sample(after.start_ms) // WINDOW)
    silent = np.concatenate(([False], ~heard[first:stop], [False])).astype(np.int8)
    runs = np.flatnonzero(np.diff(silent)).reshape(-1, 2)
    if len(runs):
        begin, end = runs[np.argmax(runs[:, 1] - runs[:, 0])]
        return int(first + begin) * WINDOW, int(first + end) * WINDOW
    reach = ms_to_sample(_SEARCH_MS) // WINDOW
    low = max(first - reach, 0)
    quietest = int(low + np.argmin(levels[low : max(stop + reach, low + 1)])) * WINDOW
    return quietest, quietest


def _part(
    samples: Samples, span: tuple[int, int], timings: Sequence[WordTiming], output: Path, *, is_recognised: bool
) -> Speech:
    part = faded(samples[slice(*span)], length=ms_to_sample(_FADE_MS))
    save_wav(part, output)
    duration_ms, shift_ms = samples_to_ms(len(part)), samples_to_ms(span[0])
    words = (_moved(timing, shift_ms, duration_ms) for timing in timings)
    return Speech(duration_ms=duration_ms, words=tuple(words), timing="recognised" if is_recognised else "estimated")


def _moved(timing: WordTiming, shift_ms: int, duration_ms: int) -> WordTiming:
    """Return a word's time from its part's start; a word that a cut runs through keeps what lies in the part."""
    start_ms = min(max(timing.start_ms - shift_ms, 0), duration_ms - 1)
    return WordTiming(
        text=timing.text, start_ms=start_ms, end_ms=min(max(timing.end_ms - shift_ms, start_ms + 1), duration_ms)
    )
