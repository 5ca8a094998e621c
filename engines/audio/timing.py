"""When each written word is heard: words are laid over stretches of speech, never into the pauses between."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio.words import WrittenWord, weight
from engines.timebase import ms_to_sample, samples_to_ms
from models.timeline import WordTiming

WINDOW_MS = 5
WINDOW = ms_to_sample(WINDOW_MS)

Activity = NDArray[np.bool_]  # one flag for every WINDOW samples at 48 kHz: something is heard


class Stretch(NamedTuple):
    """Words `[first, last)` that are said within samples `[start, end)` at 48 kHz."""

    first: int
    last: int
    start: int
    end: int


def lay_words(
    words: Sequence[WrittenWord], stretches: Sequence[Stretch], activity: Activity, *, samples: int
) -> tuple[WordTiming, ...]:
    """Time every word within its stretch by its number of syllables, leaving out silence.

    `stretches` are in order and cover every word once; `samples` is the length of the audio at 48 kHz.
    """
    spans = [span for stretch in stretches for span in _lay_stretch(words, stretch, activity)]
    duration_ms = samples_to_ms(samples)
    starts = _rising([samples_to_ms(start) for start, _ in spans], duration_ms)
    timings: list[WordTiming] = []
    for index, (word, start_ms) in enumerate(zip(words, starts, strict=True)):
        latest_ms = starts[index + 1] if index + 1 < len(starts) else max(duration_ms, start_ms + 1)
        end_ms = min(max(samples_to_ms(spans[index][1]), start_ms + 1), latest_ms)
        timings.append(WordTiming(text=word.text, start_ms=start_ms, end_ms=end_ms))
    return tuple(timings)


def _lay_stretch(words: Sequence[WrittenWord], stretch: Stretch, activity: Activity) -> list[tuple[int, int]]:
    first_window = stretch.start // WINDOW
    heard = activity[first_window : -(-stretch.end // WINDOW)].astype(np.float64)
    if not heard.any():
        heard = np.ones(max(len(heard), 1))
    weights = [weight(words[index].text) for index in range(stretch.first, stretch.last)]
    shares = np.concatenate(([0.0], np.cumsum(weights) / sum(weights))) * heard.sum()
    progress = np.cumsum(heard)
    begins = np.searchsorted(progress, shares[:-1] + 1e-9, side="left")
    ends = np.searchsorted(progress, shares[1:] - 1e-9, side="left") + 1
    spans = [
        ((first_window + int(begin)) * WINDOW, min((first_window + int(end)) * WINDOW, stretch.end))
        for begin, end in zip(begins, ends, strict=True)
    ]
    return [(stretch.start, max(spans[0][1], stretch.start)), *spans[1:]]


def _rising(times_ms: Sequence[int], duration_ms: int) -> list[int]:
    """Make times rise by at least 1 ms each, and leave room for the last ones before the end where there is any."""
    rising: list[int] = []
    for index, time_ms in enumerate(times_ms):
        latest_ms = max(duration_ms - (len(times_ms) - index), 0)
        earliest_ms = rising[-1] + 1 if rising else 0
        rising.append(max(min(time_ms, latest_ms), earliest_ms))
    return rising
