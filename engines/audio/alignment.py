"""Which words are heard when: as somebody told or recognised, else found by pauses and by how they should sound."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio.pcm import Samples, short_levels
from engines.audio.reference import Reference, shared_out
from engines.audio.resample import resample
from engines.audio.timing import WINDOW, WINDOW_MS, Activity, Stretch, lay_words
from engines.audio.warping import RATE_HZ, warp
from engines.audio.words import WrittenWord, ends_clause, weight
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample
from models.timeline import WordTiming

_LEAST_PAUSE_MS, _LEAST_SPEECH_MS = 130, 60
_SOFTEST_DB, _ABOVE_NOISE_DB = -32.0, 9.0  # below the loud parts, above the room's noise
_LOUD_PERCENT, _NOISE_PERCENT = 95, 5
_MOST_PAUSES = 200
_CUT_INSIDE_CLAUSE = 1.0  # what it costs to put a pause where the text has no punctuation
_NO_CUT_AFTER_CLAUSE = 0.5  # and what it costs to run over punctuation without one
_SHORT_TEXT_WORDS = 400  # beyond, only what is not too far off is tried: the cost grows with the square
_FARTHEST_OFF = 0.08  # of the whole
_LONGEST_DELAY_MS = 80
_LONGEST_COMPARED_MS = 900_000
_RATIO = SAMPLE_RATE_HZ // RATE_HZ
_MOST_FASTER = 3.0  # than the reference, or slower: beyond, it is not the same words
_SNAP_BACK_MS, _SNAP_AHEAD_MS = 60, 400


def estimate(
    words: Sequence[WrittenWord], samples: Samples, *, reference: Reference | None = None
) -> tuple[WordTiming, ...]:
    """Return when each word is heard in `samples` (48 kHz), as far as its text, the pauses and `reference` tell.

    Clauses are matched to the stretches between pauses by how long they take to say. Within a stretch, words are where
    the reference, laid over it, has them; without one, where their syllables put them.
    """
    activity = activity_of(samples)
    parts = _spoken_parts(activity)
    if reference is None or not _comparable(reference, words, activity):
        stretches = _match(words, [weight(word.text) for word in words], parts, samples=len(samples))
        return lay_words(words, stretches, activity, samples=len(samples))
    heard = resample(samples, rate_hz=SAMPLE_RATE_HZ, target_hz=RATE_HZ)
    stretches = _match(words, _lasting(words, reference, heard, activity), parts, samples=len(samples))
    found = [part for stretch in stretches for part in _laid_over(stretch, reference, heard)]
    return lay_words(words, found, activity, samples=len(samples))


def _lasting(words: Sequence[WrittenWord], reference: Reference, heard: Samples, activity: Activity) -> list[float]:
    """Return for about how many seconds each word is heard, by the reference laid over all that sounds."""
    said, places = reference.sounding()
    step = WINDOW // _RATIO
    steps = heard[: len(heard) // step * step].reshape(-1, step)
    own = steps[activity[: len(steps)]].reshape(-1)
    times_s = _found_s(places, said, own)
    return shared_out(words, dict(zip(places, times_s, strict=True)), len(own) / RATE_HZ)


def _found_s(places: Mapping[int, int], said: Samples, own: Samples) -> list[float]:
    """Return at which second of `own` each word is heard that begins at a sample of `said`."""
    laid = warp(said, own)
    hop_s = laid.hop_ms / 1000
    frames = [place / RATE_HZ / hop_s for place in places.values()]
    return [float(frame) * hop_s for frame in np.interp(frames, np.arange(len(laid.frames)), laid.frames)]


def _comparable(reference: Reference, words: Sequence[WrittenWord], activity: Activity) -> bool:
    """Tell whether a recording lasts about as long as its reference: what spells letters out is none."""
    heard_ms = int(activity.sum()) * WINDOW_MS
    faster = 1000 * sum(reference.weights(words)) / max(heard_ms, 1)
    return len(activity) * WINDOW_MS <= _LONGEST_COMPARED_MS and 1 / _MOST_FASTER < faster < _MOST_FASTER


def _laid_over(stretch: Stretch, reference: Reference, heard: Samples) -> list[Stretch]:
    """Cut a stretch where the reference's words begin; leave it whole if it is not like what was said."""
    said, onsets = reference.part(stretch)
    own = heard[stretch.start // _RATIO : stretch.end // _RATIO]
    if not onsets or not 1 / _MOST_FASTER < len(own) / max(len(said), 1) < _MOST_FASTER:
        return [stretch]
    starts = {stretch.first: stretch.start}
    for index, found_s in zip(onsets, _found_s(onsets, said, own), strict=True):
        start = stretch.start + int(found_s * SAMPLE_RATE_HZ)
        if max(starts.values()) < start < stretch.end:
            starts[index] = start
    firsts, edges = [*starts, stretch.last], [*starts.values(), stretch.end]
    return [Stretch(*both) for both in zip(firsts, firsts[1:], edges, edges[1:], strict=False)]


def follow(words: Sequence[WrittenWord], onsets: Mapping[int, int], samples: Samples) -> tuple[WordTiming, ...]:
    """Return when each word is heard, given the first sample of some of them by index.

    All times move a little if the first word is heard earlier or later than told: some formats delay the sound. Times
    that fall into silence, or just after it, move to where the sound begins. Words without a time share what lies
    between their neighbours by syllables.
    """
    activity = activity_of(samples)
    first_heard = int(np.argmax(activity)) * WINDOW  # the first window if nothing is heard
    delay = first_heard - onsets.get(0, first_heard)
    delay = delay if abs(delay) <= ms_to_sample(_LONGEST_DELAY_MS) else 0
    moved = {index: onset + delay for index, onset in onsets.items()}
    known = {0: first_heard, **_rising(moved, activity, len(samples))}
    firsts, starts = [*known, len(words)], [*known.values(), len(samples)]
    stretches = [
        Stretch(first, after, start, end)
        for (first, after), (start, end) in zip(pairwise(firsts), pairwise(starts), strict=True)
    ]
    return lay_words(words, stretches, activity, samples=len(samples))


def _rising(onsets: Mapping[int, int], activity: Activity, samples: int) -> dict[int, int]:
    """Snap onsets to the sound; leave out what does not come after the words before it."""
    rising: dict[int, int] = {}
    last = -1
    for index in sorted(onsets):
        start = _snapped(min(max(onsets[index], 0), samples - 1), activity)
        if start > last:
            rising[index] = last = start
    return rising


def _snapped(onset: int, activity: Activity) -> int:
    window = onset // WINDOW
    if activity[window]:
        before = activity[max(window - _SNAP_BACK_MS // WINDOW_MS, 0) : window]
        silent = np.flatnonzero(~before)
        return (window - len(before) + int(silent[-1]) + 1) * WINDOW if len(silent) else onset
    ahead = activity[window : window + _SNAP_AHEAD_MS // WINDOW_MS]
    return (window + int(np.argmax(ahead))) * WINDOW if ahead.any() else onset


def activity_of(samples: Samples) -> Activity:
    """Tell in which windows somebody speaks; clicks are dropped and the gaps inside words are filled."""
    levels_db = 20 * np.log10(np.maximum(short_levels(samples, WINDOW), 1e-6))
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


def _match(
    words: Sequence[WrittenWord], lasting: Sequence[float], parts: Sequence[tuple[int, int]], *, samples: int
) -> list[Stretch]:
    """Give each spoken part its words: the shares of time and of what words take agree, and pauses follow punctuation.

    Dynamic programming over (part, words given out so far); a part may also get no word (a breath, a cough).
    """
    weights = np.array(lasting)
    share = np.concatenate(([0.0], np.cumsum(weights) / weights.sum()))
    lengths = np.array([end - start for start, end in parts], dtype=np.float64)
    lengths /= lengths.sum()
    pause_cost = np.array([0.0, *(0.0 if ends_clause(word.text) else _CUT_INSIDE_CLAUSE for word in words)])
    pause_cost[-1] = 0.0
    run_over = _NO_CUT_AFTER_CLAUSE * np.cumsum([0.0, *(float(ends_clause(word.text)) for word in words)])
    best, start = np.zeros(1), 0  # over how many words may be given out so far, from `start` on
    choices: list[_Choice] = []
    elapsed = np.cumsum(lengths)
    for length, time in zip(lengths, elapsed, strict=True):
        first, after = _within_reach(share, float(time), is_last=len(choices) == len(lengths) - 1)
        before, now = slice(start, start + len(best)), slice(first, after)
        given = share[None, now] - share[before, None]  # [from, to]
        inside = np.maximum(run_over[None, now] - run_over[before, None] - _NO_CUT_AFTER_CLAUSE, 0)
        misfit = np.square(given - length) / (length + 1 / len(words)) * len(words)
        cost = best[:, None] + misfit + inside + np.where(given > 0, pause_cost[None, now], 0.0)
        cost[np.arange(start, start + len(best))[:, None] > np.arange(first, after)[None, :]] = np.inf
        choices.append(_Choice(first, cost.argmin(axis=0) + start))
        best, start = cost.min(axis=0), first
    return _stretches(choices, parts, len(words), samples)


class _Choice(NamedTuple):
    """For each number of words given out after a part, from `first` on: how many were given out before it."""

    first: int
    before: NDArray[np.intp]


def _within_reach(share: NDArray[np.float64], time: float, *, is_last: bool) -> tuple[int, int]:
    """Return the range of words that may have been given out by a share of the time: of a short text, any."""
    if len(share) <= _SHORT_TEXT_WORDS:
        return 0, len(share)
    first, after = np.searchsorted(share, (time - _FARTHEST_OFF, time + _FARTHEST_OFF))
    middle = int(np.searchsorted(share, time))
    first, after = min(int(first), middle - 1), max(int(after), middle + 1)
    return max(first, 0), len(share) if is_last else min(after, len(share))


def _stretches(choices: Sequence[_Choice], parts: Sequence[tuple[int, int]], words: int, samples: int) -> list[Stretch]:
    stretches: list[Stretch] = []
    last = words
    for choice, (start, end) in zip(reversed(choices), reversed(parts), strict=True):
        first = int(choice.before[last - choice.first])
        if first < last:
            stretches.append(Stretch(first, last, start * WINDOW, min(end * WINDOW, samples)))
        last = first
    return stretches[::-1]
