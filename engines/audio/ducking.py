"""The curve by which the bed makes room for the voice: it knows what comes, so it is down before a word starts."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.audio.pcm import gain_of

STEP_MS = 10
_HEARD_DB = -34.0  # below the voice's own level: anything softer is breath or room
_ATTACK_MS, _HOLD_MS, _RELEASE_MS = 250, 120, 450
_LEAST_GAP_MS = 1000  # shorter gaps stay down: coming up only to go down again is what pumping is


def duck_curve(levels: NDArray[np.float32], *, voice_level: float, depth_db: float) -> NDArray[np.float32]:
    """Return the bed's gain at every step of 10 ms (the steps' edges: one more than `levels`), 1.0 where nobody speaks.

    `levels` are the voice lane's RMS in each step, `voice_level` the RMS it is levelled to, `depth_db` how far down the
    bed goes.
    """
    speaking = _without_short_gaps(levels > voice_level * gain_of(_HEARD_DB))
    edges = np.concatenate((speaking, [False])) | np.concatenate(([False], speaking))
    before_ms = _steps_until(edges) * float(STEP_MS)
    after_ms = _steps_until(edges[::-1])[::-1] * float(STEP_MS)
    down = np.maximum(1 - before_ms / _ATTACK_MS, 1 - np.maximum(after_ms - _HOLD_MS, 0) / _RELEASE_MS)
    eased = 0.5 - 0.5 * np.cos(np.pi * np.clip(down, 0, 1))
    return np.power(10.0, -depth_db * eased / 20).astype(np.float32)


def _without_short_gaps(speaking: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill gaps between words; the time before the first word and after the last one is no gap."""
    filled = speaking.copy()
    heard = np.flatnonzero(speaking)
    for left, right in pairwise(heard):
        if 1 < right - left <= _LEAST_GAP_MS // STEP_MS:
            filled[left:right] = True
    return filled


def _steps_until(flags: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance from each place to the next flag at or after it; infinite after the last."""
    places = np.where(flags, np.arange(len(flags), dtype=np.float64), np.inf)
    return np.asarray(np.minimum.accumulate(places[::-1])[::-1] - np.arange(len(flags)))
