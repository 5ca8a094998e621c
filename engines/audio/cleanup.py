"""Voice clean-up: rumble away, sharp s softened, loud and soft words brought nearer. All of it knows what comes."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engines.audio.pcm import Samples, ramp, short_levels
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample

_FFT_SIZE, _OVERLAP = 1 << 17, 1 << 13
_RUMBLE_HZ, _RUMBLE_ORDER = 75.0, 4
_SIBILANCE_HZ, _SIBILANCE_ORDER = 5_000.0, 6
_STEP = ms_to_sample(5)
_LEVEL_STEPS, _SIBILANCE_STEPS = 31, 5  # how long a level is averaged: about a syllable, and about an s
_HEARD_DB = -30.0  # below the loudest words: anything softer is no speech
_KNEE_DB, _RATIO, _MOST_DB = 6.0, 2.0, 9.0
_SHARP_DB, _SHARP_RATIO, _MOST_SHARP_DB = -11.0, 3.0, 9.0  # sibilance, below the speech's level


def clean_voice(samples: Samples) -> Samples:
    """Return mono speech (n,) at 48 kHz, cleaned up: a high-pass at 75 Hz, a de-esser above 5 kHz, compression 2:1.

    Nothing is delayed, and silence stays as it is.
    """
    if not len(samples):
        return samples
    voice, sharp = _filtered(samples, (_high_pass(_RUMBLE_HZ, _RUMBLE_ORDER), _sibilance()))
    levels_db = _levels_db(voice, _LEVEL_STEPS)
    heard = levels_db[levels_db > levels_db.max(initial=-120.0) + _HEARD_DB]
    if not len(heard) or levels_db.max() < -90:
        return voice
    speech_db = float(10 * np.log10(np.mean(np.power(10.0, heard / 10))))
    sharp_over_db = _levels_db(sharp, _SIBILANCE_STEPS) - (speech_db + _SHARP_DB)
    softening_db = _reduction_db(sharp_over_db, _SHARP_RATIO, _MOST_SHARP_DB)
    voice -= sharp * (1 - _gains(softening_db, len(voice)))
    return voice * _gains(_reduction_db(levels_db - speech_db, _RATIO, _MOST_DB), len(voice))


def _reduction_db(over_db: NDArray[np.float64], ratio: float, most_db: float) -> NDArray[np.float64]:
    """Return how far to go down (dB) where a level is over its threshold: a soft knee, the ratio, and a limit."""
    kneed = np.where(
        np.abs(over_db) < _KNEE_DB / 2, np.square(over_db + _KNEE_DB / 2) / (2 * _KNEE_DB), np.maximum(over_db, 0)
    )
    return np.asarray(np.minimum(kneed * (1 - 1 / ratio), most_db))


def _levels_db(samples: Samples, steps: int) -> NDArray[np.float64]:
    """Return the level around every edge of the steps (one more than the steps)."""
    power = np.square(short_levels(samples, _STEP), dtype=np.float64)
    window = np.hanning(steps + 2)[1:-1]
    padded = np.pad(np.append(power, power[-1:]), (steps // 2, steps // 2), mode="edge")
    return np.asarray(10 * np.log10(np.maximum(np.convolve(padded, window / window.sum(), mode="valid"), 1e-12)))


def _gains(reduction_db: NDArray[np.float64], samples: int) -> NDArray[np.float32]:
    edges = np.power(10.0, -reduction_db / 20).astype(np.float32)
    return ramp(edges, step=_STEP, first=0, samples=samples)


def _filtered(samples: Samples, responses: Sequence[NDArray[np.float32]]) -> list[Samples]:
    """Return the samples as each zero-phase response lets them through, by transforms that overlap at both ends."""
    results = [np.empty(len(samples), dtype=np.float32) for _ in responses]
    hop = _FFT_SIZE - 2 * _OVERLAP
    for start in range(0, len(samples), hop):
        first, stop = max(start - _OVERLAP, 0), min(start + hop, len(samples))
        spectrum = np.fft.rfft(samples[first : stop + _OVERLAP], n=_FFT_SIZE)
        for result, response in zip(results, responses, strict=True):
            result[start:stop] = np.fft.irfft(spectrum * response, n=_FFT_SIZE)[start - first : stop - first]
    return results


@cache
def _sibilance() -> NDArray[np.float32]:
    return _high_pass(_SIBILANCE_HZ, _SIBILANCE_ORDER) * _high_pass(_RUMBLE_HZ, _RUMBLE_ORDER)


@cache
def _high_pass(corner_hz: float, order: int) -> NDArray[np.float32]:
    """Return the power response of a Butterworth filter: run forwards and backwards, it delays nothing."""
    hz = np.maximum(np.fft.rfftfreq(_FFT_SIZE, d=1 / SAMPLE_RATE_HZ), 1e-3)
    return np.asarray(1 / (1 + np.power(corner_hz / hz, 2 * order)), dtype=np.float32)
