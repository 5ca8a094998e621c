"""What a track sounds like from moment to moment, where its notes begin, and its beat."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio.pcm import Samples

RATE_HZ = 12_000
FRAME_MS = 20
HOP = RATE_HZ * FRAME_MS // 1000
_FFT_SIZE = 1024
_CHUNK_FRAMES = 2_000
BANDS, _LOWEST_HZ, _HIGHEST_HZ = 24, 40.0, 5_500.0
_CHROMA_HZ = (110.0, 2_200.0)
_FLOOR = 1e-7
_LOCAL_FRAMES = 75  # onsets count against what is usual around them
_SLOWEST_BPM, _FASTEST_BPM, _USUAL_BPM = 50.0, 200.0, 110.0
_LEAST_PULSE = 0.12  # of the onsets' autocorrelation: below it, nobody taps a foot


class Spectra(NamedTuple):
    """Every 20 ms of a track: log energies of bands and pitch classes, (frames, d), and onset strength, (frames,)."""

    features: NDArray[np.float32]
    onsets: NDArray[np.float32]


def analyse(mono: Samples) -> Spectra:
    """Return what is heard in mono samples at 12 kHz."""
    bank = _filter_bank()
    count = max(-(-len(mono) // HOP), 1)
    padded = np.pad(mono, (_FFT_SIZE // 2, _FFT_SIZE // 2 + count * HOP - len(mono)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT_SIZE)[::HOP][:count]
    window = np.hanning(_FFT_SIZE).astype(np.float32)
    energies = [
        np.square(np.abs(np.fft.rfft(frames[start : start + _CHUNK_FRAMES] * window, axis=1))) @ bank
        for start in range(0, count, _CHUNK_FRAMES)
    ]
    features = np.log(np.concatenate(energies) / _FFT_SIZE + _FLOOR).astype(np.float32)
    bands = features[:, :BANDS]
    rising = np.maximum(np.diff(bands, axis=0, prepend=bands[:1]), 0).mean(axis=1)
    usual = np.convolve(rising, np.ones(_LOCAL_FRAMES, np.float32) / _LOCAL_FRAMES, mode="same")[: len(rising)]
    return Spectra(features, np.maximum(rising - usual, 0).astype(np.float32))


def beat_frames(onsets: NDArray[np.float32]) -> float | None:
    """Return the length of a beat in frames, from how the onsets repeat; None where they hardly do."""
    slowest = round(60_000 / _SLOWEST_BPM / FRAME_MS)
    if len(onsets) < 4 * slowest or not onsets.any():
        return None
    centred = onsets - onsets.mean()
    size = 1 << (2 * len(centred) - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    repeats = np.fft.irfft(np.square(np.abs(spectrum)), size)[: 4 * slowest + 1]
    repeats = repeats / repeats[0]
    lags = np.arange(round(60_000 / _FASTEST_BPM / FRAME_MS), slowest + 1)
    usual = np.exp(-0.5 * np.square(np.log2(lags * FRAME_MS * _USUAL_BPM / 60_000) / 0.8))
    scores = (repeats[lags] + 0.5 * repeats[2 * lags] + 0.25 * repeats[4 * lags]) * usual
    lag = int(lags[scores.argmax()])
    if repeats[lag] < _LEAST_PULSE:
        return None
    before, at, after = repeats[lag - 1 : lag + 2]
    bend = before - 2 * at + after
    return lag + (float(0.5 * (before - after) / bend) if bend < 0 else 0.0)


def _filter_bank() -> NDArray[np.float32]:
    """Return weights (bins, bands and pitch classes): triangles on a log axis, and octaves folded into one."""
    hz = np.maximum(np.fft.rfftfreq(_FFT_SIZE, d=1 / RATE_HZ), 1.0)
    centers = np.linspace(np.log(_LOWEST_HZ), np.log(_HIGHEST_HZ), BANDS)
    bands = np.maximum(1 - np.abs(np.log(hz)[:, None] - centers) / (centers[1] - centers[0]), 0)
    semitones = 12 * np.log2(hz / 440.0)
    apart = np.abs((semitones[:, None] - np.arange(12) + 6) % 12 - 6)
    inside = (hz >= _CHROMA_HZ[0]) & (hz <= _CHROMA_HZ[1])
    chroma = np.maximum(1 - apart, 0) * inside[:, None]
    return np.concatenate((bands, chroma), axis=1).astype(np.float32)
