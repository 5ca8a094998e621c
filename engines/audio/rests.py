"""Rests: where the music makes way altogether for something that brings its own sound."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.audio.ducking import STEP_MS
from engines.timebase import ms_to_sample

_EASE_MS = 300
_SHORTEST_MS = 1000  # music between two rests that lasts less is not worth beginning

Span = tuple[int, int]  # the first millisecond, and the first after it


def played_span(rests_ms: Sequence[Span], *, total_ms: int) -> Span | None:
    """Return from when to when the music plays, rests in between not counted; None if it hardly would.

    Without rests that is always. It begins after a rest at the very start and ends before one at the very end, so that
    its own fades are heard.
    """
    if not rests_ms:
        return 0, total_ms
    playing = [
        (begin_ms, end_ms)
        for (_, begin_ms), (end_ms, _) in pairwise([(0, 0), *sorted(rests_ms), (total_ms, total_ms)])
        if end_ms - begin_ms >= _SHORTEST_MS
    ]
    return (playing[0][0], playing[-1][1]) if playing else None


def rest_curve(rests_ms: Sequence[Span], *, total: int) -> NDArray[np.float32]:
    """Return the music's gain at every duck step's edge of `total` samples: 0 in a rest, eased at both its ends."""
    step = ms_to_sample(STEP_MS)
    times_ms = np.arange(-(-total // step) + 1) * float(STEP_MS)
    gains = np.ones(len(times_ms))
    for begin_ms, end_ms in rests_ms:
        away_ms = np.maximum(begin_ms - times_ms, times_ms - end_ms)
        gains = np.minimum(gains, 0.5 - 0.5 * np.cos(np.pi * np.clip(away_ms / _EASE_MS, 0, 1)))
    return gains.astype(np.float32)
