"""The user's own voice-over: to the master's format, with word times estimated from its pauses."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.audio.pcm import decode_to_wav, load_wav, samples_of, short_levels
from engines.audio.timing import WINDOW, WINDOW_MS, Activity, Stretch, lay_words
from engines.audio.words import WrittenWord, attach_silent, ends_clause, split_words, weight
from engines.timebase import samples_to_ms
from models.audio import Speech

LONGEST_MS = 3_600_000
_LEAST_PAUSE_MS, _LEAST_SPEECH_MS = 130, 60
_SOFTEST_DB, _ABOVE_NOISE_DB = -32.0, 9.0  # below the loud parts, above the room's noise
_LOUD_PERCENT, _NOISE_PERCENT = 95, 5
_MOST_PAUSES = 200
_CUT_INSIDE_CLAUSE = 1.0  # what it costs to put a pause where the text has no punctuation
_NO_CUT_AFTER_CLAUSE = 0.5  # and what it costs to run over punctuation without one


def align_recording(recording: Path, *, text: str, output: Path, source: str) -> Speech:
    """Decode any recording into `output` (WAV, 48 kHz, mono, 16-bit) and estimate when each word of `text` is heard.

    Nothing is trimmed. Clauses are matched to the stretches between pauses, words within them by their syllables.
    `source` is what errors call the recording. Raises SourceUnreadable.
    """
    decode_to_wav(recording, output, channels=1, name=source, limit_ms=LONGEST_MS)
    samples = samples_of(load_wav(output))
    words = attach_silent(split_words(text), text)
    if not words:
        return Speech(duration_ms=samples_to_ms(len(samples)), timing="estimated")
    activity = _activity(short_levels(samples, WINDOW))
    stretches = _match(words, _spoken_parts(activity), samples=len(samples))
    timings = lay_words(words, stretches, activity, samples=len(samples))
    return Speech(duration_ms=samples_to_ms(len(samples)), words=timings, timing="estimated")


def _activity(levels: NDArray[np.float32]) -> Activity:
    """Tell in which windows somebody speaks; clicks are dropped and the gaps inside words are filled."""
    levels_db = 20 * np.log10(np.maximum(levels, 1e-6))
    loud, noise = np.percentile(levels_db, (_LOUD_PERCENT, _NOISE_PERCENT))
    threshold = min(max(loud + _SOFTEST_DB, noise + _ABOVE_NOISE_DB), loud - 6)
    heard: Activity = levels_db > threshold
    heard = _drop_short(heard, flag=False, least=_LEAST_PAUSE_MS // WINDOW_MS)
    return _drop_short(heard, flag=True, least=_LEAST_SPEECH_MS // WINDOW_MS)


def _drop_short(flags: Activity, *, flag: bool, least: int) -> Activity:
    """Invert every run of `flag` that is shorter than `least` windows and does not touch an end."""
    kept = flags.copy()
    for start, end in _runs(flags == flag):
        if end - start < least and start > 0 and end < len(flags):
            kept[start:end] = not flag
    return kept


def _runs(flags: Activity) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _spoken_parts(activity: Activity) -> list[tuple[int, int]]:
    """Return the windows between pauses; of very many pauses only the longest count."""
    parts = _runs(activity) or [(0, len(activity))]
    pauses = sorted(range(1, len(parts)), key=lambda i: parts[i - 1][1] - parts[i][0])[:_MOST_PAUSES]
    firsts = [0, *sorted(pauses), len(parts)]
    return [(parts[first][0], parts[after - 1][1]) for first, after in pairwise(firsts)]


def _match(words: Sequence[WrittenWord], parts: Sequence[tuple[int, int]], *, samples: int) -> list[Stretch]:
    """Give each spoken part its words: the shares of time and of syllables agree, and pauses follow punctuation.

    Dynamic programming over (part, words given out so far); a part may also get no word (a breath, a cough).
    """
    weights = np.array([weight(word.text) for word in words])
    share = np.concatenate(([0.0], np.cumsum(weights) / weights.sum()))
    lengths = np.array([end - start for start, end in parts], dtype=np.float64)
    lengths /= lengths.sum()
    pause_cost = np.array([0.0, *(0.0 if ends_clause(word.text) else _CUT_INSIDE_CLAUSE for word in words)])
    pause_cost[-1] = 0.0
    run_over = _NO_CUT_AFTER_CLAUSE * np.cumsum([0.0, *(float(ends_clause(word.text)) for word in words)])
    best = np.full(len(words) + 1, np.inf)
    best[0] = 0.0
    choices: list[NDArray[np.intp]] = []
    for length in lengths:
        given = share[None, :] - share[:, None]  # [from, to]
        inside = np.maximum(run_over[None, :] - run_over[:, None] - _NO_CUT_AFTER_CLAUSE, 0)
        misfit = np.square(given - length) / (length + 1 / len(words)) * len(words)
        cost = best[:, None] + misfit + inside + np.where(given > 0, pause_cost[None, :], 0.0)
        cost[np.tril_indices(len(words) + 1, -1)] = np.inf
        choices.append(cost.argmin(axis=0))
        best = cost.min(axis=0)
    return _stretches(choices, parts, len(words), samples)


def _stretches(
    choices: Sequence[NDArray[np.intp]], parts: Sequence[tuple[int, int]], words: int, samples: int
) -> list[Stretch]:
    stretches: list[Stretch] = []
    last = words
    for choice, (start, end) in zip(reversed(choices), reversed(parts), strict=True):
        first = int(choice[last])
        if first < last:
            stretches.append(Stretch(first, last, start * WINDOW, min(end * WINDOW, samples)))
        last = first
    return stretches[::-1]
