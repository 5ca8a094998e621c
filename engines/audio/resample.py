"""Band-limited resampling in one Fourier transform, with a tone curve that costs nothing and delays nothing."""

import math

import numpy as np
from numpy.typing import NDArray

from engines.audio.pcm import Samples

_MARGIN = 1024  # silence behind the signal, so that its end does not ring into its start

Curve = tuple[tuple[float, float], ...]  # (frequency in Hz, gain in dB), rising; straight in between on a log axis


def resample(samples: NDArray[np.float32], *, rate_hz: int, target_hz: int, tone: Curve = ()) -> Samples:
    """Return mono `samples` at `target_hz`, coloured by `tone`.

    Zero phase: what happens at second t of the input happens at second t of the output.
    """
    shared = math.gcd(rate_hz, target_hz)
    step_in, step_out = rate_hz // shared, target_hz // shared
    blocks = _smooth_number(-(-(len(samples) + _MARGIN) // step_in))
    spectrum = np.fft.rfft(samples, n=blocks * step_in)
    if tone:
        frequencies = np.fft.rfftfreq(blocks * step_in, d=1 / rate_hz).astype(np.float64)
        spectrum *= _factors(frequencies, tone)
    resampled = np.fft.irfft(spectrum, n=blocks * step_out) * (step_out / step_in)
    return resampled[: -(-len(samples) * step_out // step_in)].astype(np.float32)


def _factors(frequencies: NDArray[np.float64], tone: Curve) -> NDArray[np.float64]:
    corners = np.log([hz for hz, _ in tone])
    gains_db = np.interp(np.log(np.maximum(frequencies, 1.0)), corners, [gain_db for _, gain_db in tone])
    return np.power(10.0, gains_db / 20)


def _smooth_number(least: int) -> int:
    """Return a number of at least `least` without a prime factor above 13, which transforms fast."""
    power = 1 << max(least.bit_length() - 4, 0)
    return -(-least // power) * power if least > 16 else least
