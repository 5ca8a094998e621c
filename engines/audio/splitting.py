"""One recording of a whole short, split over its scenes where the speaker pauses between their texts."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from engines.audio.alignment import activity_of, estimate
from engines.audio.heard import Recogniser, recognised
from engines.audio.pcm import Samples, decode_to_wav, load_wav, samples_of, save_wav, short_levels
from engines.audio.recording import LONGEST_MS
from engines.audio.spoken import plain_text
from engines.audio.timing import WINDOW
from engines.audio.words import WrittenWord, attach_silent, split_words
from engines.errors import SourceUnreadable
from engines.timebase import ms_to_sample, samples_to_ms
from models.audio import Speech
from models.timeline import WordTiming

_FADE_MS = 5
_LEAST_MS = 40  # of a scene's part
_SEARCH_MS = 150  # to either side, where the speaker does not pause between two scenes


def split_recording(
    recording: Path,
    texts: Sequence[str],
    *,
    outputs: Sequence[Path],
    source: str,
    recognise: Recogniser | None = None,
) -> tuple[Speech, ...]:
    """Write the part of a recording that says each text (WAV, 48 kHz, mono, 16-bit) and time its words.

    The parts together are the whole recording, in order. `source` is what errors call it. Raises SourceUnreadable.
    """
    whole = outputs[0].with_name("whole.wav")
    decode_to_wav(recording, whole, channels=1, name=source, limit_ms=LONGEST_MS)
    samples = samples_of(load_wav(whole))
    written = [_words_of(text) for text in texts]
    if len(samples) < ms_to_sample(_LEAST_MS) * len(texts):
        raise SourceUnreadable(source=source, reason=f"too short to be split over {len(texts)} scenes")
    words = [word for part in written for word in part]
    found = recognised(words, recognise(whole), samples) if recognise else None
    timings = found or estimate(words, samples)
    firsts = [0, *accumulate(map(len, written))]
    cuts = [0, *_cuts(timings, firsts[1:-1], samples), len(samples)]
    return tuple(
        _part(samples, cut, timings[slice(*span)], output, is_recognised=found is not None)
        for cut, span, output in zip(pairwise(cuts), pairwise(firsts), outputs, strict=True)
    )


def _words_of(text: str) -> tuple[WrittenWord, ...]:
    plain = plain_text(text)
    return attach_silent(split_words(plain), plain)


def _cuts(timings: Sequence[WordTiming], firsts: Sequence[int], samples: Samples) -> list[int]:
    """Return where each scene but the first begins, at least `_LEAST_MS` after the one before."""
    heard = activity_of(samples)
    levels = short_levels(samples, WINDOW)
    least = ms_to_sample(_LEAST_MS)
    cuts: list[int] = []
    for number, first in enumerate(firsts):
        start, end = ms_to_sample(timings[first - 1].end_ms), ms_to_sample(timings[first].start_ms)
        latest = len(samples) - least * (len(firsts) - number)
        earliest = (cuts[-1] if cuts else 0) + least
        cuts.append(min(max(_cut_between(start, end, heard, levels), earliest), latest))
    return cuts


def _cut_between(start: int, end: int, heard: np.ndarray, levels: np.ndarray) -> int:
    """Return the middle of the longest silence between two words, else the quietest place near where they meet."""
    first, after = start // WINDOW, -(-end // WINDOW)
    silent = np.concatenate(([False], ~heard[first:after], [False])).astype(np.int8)
    runs = np.flatnonzero(np.diff(silent)).reshape(-1, 2)
    if len(runs):
        begin, stop = runs[np.argmax(runs[:, 1] - runs[:, 0])]
        return int(first + (begin + stop) // 2) * WINDOW
    reach = ms_to_sample(_SEARCH_MS) // WINDOW
    low, high = max(first - reach, 0), min(after + reach, len(levels))
    return int(low + np.argmin(levels[low:high])) * WINDOW


def _part(
    samples: Samples, cut: tuple[int, int], timings: Sequence[WordTiming], output: Path, *, is_recognised: bool
) -> Speech:
    part = samples[cut[0] : cut[1]].copy()
    slope = np.linspace(0, 1, ms_to_sample(_FADE_MS), dtype=np.float32)
    part[: len(slope)] *= slope
    part[-len(slope) :] *= slope[::-1]
    save_wav(part, output)
    duration_ms, shift_ms = samples_to_ms(len(part)), samples_to_ms(cut[0])
    words = (_moved(timing, shift_ms, duration_ms) for timing in timings)
    return Speech(duration_ms=duration_ms, words=tuple(words), timing="recognised" if is_recognised else "estimated")


def _moved(timing: WordTiming, shift_ms: int, duration_ms: int) -> WordTiming:
    """Return a word's time from its part's start; a word that a cut runs through keeps what lies in the part."""
    start_ms = min(max(timing.start_ms - shift_ms, 0), duration_ms - 1)
    return WordTiming(
        text=timing.text, start_ms=start_ms, end_ms=min(max(timing.end_ms - shift_ms, start_ms + 1), duration_ms)
    )
