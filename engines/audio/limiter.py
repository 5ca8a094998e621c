"""A look-ahead true-peak limiter that works on 1 ms steps, and the gain that brings a mix to its loudness.

Peaks and K-weighted powers of the mix are measured once; any gain and any ceiling can then be tried on those small
arrays, so that finding the right gain costs nothing next to the mix itself.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio.loudness import SILENCE_LUFS, integrated
from engines.audio.pcm import Samples, gain_of, level_db, ramp
from engines.timebase import ms_to_sample

STEP = ms_to_sample(1)
MOST_GAIN_DB = 30.0
_PHASES, _TAPS = 4, 12  # points per sample, and samples that each is found from
_LOOK_AHEAD_STEPS = 4
_RELEASE_STEPS = 80
_TOLERANCE_LU = 0.01
_MOST_TRIES = 12


class Steps(NamedTuple):
    """The mix before its master gain, in steps of 1 ms: true peaks and K-weighted powers."""

    peaks: NDArray[np.float32]
    powers: NDArray[np.float64]


class MasterGain(NamedTuple):
    """The gain in front of the limiter, and the limiter's gain at every step's edge (one more than the steps)."""

    gain: float
    limiter: NDArray[np.float32]

    def at(self, first_step: int, samples: int) -> NDArray[np.float32]:
        """Return the whole gain for `samples` samples from the start of `first_step`."""
        return ramp(self.limiter, step=STEP, first=first_step, samples=samples) * np.float32(self.gain)


def true_peaks(samples: Samples) -> NDArray[np.float32]:
    """Return the greatest level between and at the samples in each step of 1 ms, over all channels (n, c)."""
    samples = np.pad(samples, ((0, max(_TAPS - len(samples), 0)), (0, 0)))
    frames = len(samples)
    peaks = np.zeros(-(-frames // STEP), dtype=np.float32)
    for channel in samples.T:
        rectified = np.abs(channel)
        for taps in _interpolators():
            np.maximum(rectified, np.abs(np.convolve(channel, taps, mode="same")), out=rectified)
        stepped = np.pad(rectified, (0, -frames % STEP)).reshape(-1, STEP).max(axis=1)
        np.maximum(peaks, stepped, out=peaks)
    return peaks


def solve(steps: Steps, *, target_lufs: float, ceiling_db: float) -> MasterGain:
    """Return the gain that brings the limited mix to `target_lufs` with no true peak above `ceiling_db`.

    At most 30 dB up: a mix that is quieter than that, or all peaks, ends below the target.
    """
    loudness = integrated(steps.powers)
    if loudness <= SILENCE_LUFS:
        return MasterGain(1.0, np.ones(len(steps.peaks) + 1, dtype=np.float32))
    gain_db = min(target_lufs - loudness, MOST_GAIN_DB)
    for _ in range(_MOST_TRIES):
        limiter = _limiter(steps.peaks * np.float32(gain_of(gain_db)), gain_of(ceiling_db))
        inner = np.square((limiter[:-1] + limiter[1:]) / 2, dtype=np.float64)
        missing = target_lufs - (integrated(steps.powers * inner) + gain_db)
        if abs(missing) < _TOLERANCE_LU:
            break
        gain_db = min(gain_db + (missing * 1.2 if missing > 0 else missing), MOST_GAIN_DB)
    gain = gain_of(gain_db)
    return MasterGain(gain, _limiter(steps.peaks * np.float32(gain), gain_of(ceiling_db)))


def deepest_db(master: MasterGain) -> float:
    """Return how far the limiter goes down at most, in dB."""
    return abs(level_db(min(float(master.limiter.min()), 1.0)))


def _limiter(peaks: NDArray[np.float32], ceiling: float) -> NDArray[np.float32]:
    """Return the gain at the steps' edges: down before a peak, up again gradually, never above what a step needs."""
    wanted_db = 20 * np.log10(np.minimum(ceiling / np.maximum(peaks, 1e-9), 1.0))
    released = _release(wanted_db)
    edges = np.minimum(np.append(released, 0.0), np.insert(released, 0, 0.0))
    size = 2 * _LOOK_AHEAD_STEPS + 1
    padded = np.pad(edges, size - 1, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, size).min(axis=1)
    window = np.hanning(size + 2)[1:-1]
    smooth = np.convolve(lowest, window / window.sum(), mode="valid")
    return np.power(10.0, smooth / 20).astype(np.float32)


def _release(wanted_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let the gain recover by a constant slope in dB: the lower envelope of lines that rise from every dip."""
    slope = 6.0 / _RELEASE_STEPS
    rising = np.arange(len(wanted_db)) * slope
    return np.asarray(np.minimum(np.minimum.accumulate(wanted_db - rising) + rising, 0.0))


def _interpolators() -> list[NDArray[np.float32]]:
    """Windowed-sinc filters for the three points between two samples."""
    filters = []
    for phase in range(1, _PHASES):
        times = np.arange(_TAPS) - _TAPS / 2 + phase / _PHASES
        taps = np.sinc(times) * np.cos(math.pi * times / (_TAPS + 1)) ** 2
        filters.append((taps / taps.sum()).astype(np.float32))
    return filters
