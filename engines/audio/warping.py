"""Which moment of one recording is which moment of another one of the same words: dynamic time warping of spectra."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio.pcm import Samples

RATE_HZ = 16_000
HOP_MS = 10
_HOP, _WINDOW, _FFT_SIZE = RATE_HZ * HOP_MS // 1000, 400, 512
_BANDS, _LOWEST_HZ, _HIGHEST_HZ = 24, 60.0, 6_000.0
_COEFFICIENTS = 13
_BLOCK = 4096  # frames transformed at once
_DYNAMIC_RANGE = 1e-6  # of energy: what is softer is silence
_THROATS = (0.83, 0.91, 1.0, 1.1, 1.2, 1.3)  # a shorter one than the other speaker's moves a spectrum up
_COARSE = 4  # frames taken together to see which throat is like the other speaker's
_MOST_CELLS = 4_000_000  # of the table of all pairs of moments: longer sounds are compared more coarsely

Features = NDArray[np.float32]  # (frames, d)


class Warp(NamedTuple):
    """For each frame of the first sound the frame of the second one, both rising, and how long a frame is."""

    frames: NDArray[np.float64]
    hop_ms: float


def warp(one: Samples, other: Samples) -> Warp:
    """Lay two sounds of the same words, mono at 16 kHz and at least a frame long, over one another.

    Of the first one's spectra, moved up or down as by another throat, those count that are most like the second one's.
    """
    second = features(other)
    coarse = max(int(np.ceil(np.sqrt(len(one) // _HOP * len(second) / _MOST_CELLS))), 1)
    rough = _coarser(second, _COARSE * coarse)
    heard = (features(one, throat=throat) for throat in _THROATS)
    first = min(heard, key=lambda each: _path(_distances(_coarser(each, _COARSE * coarse), rough))[1])
    path, _ = _path(_distances(_coarser(first, coarse), _coarser(second, coarse)))
    sums = np.bincount(path[:, 0], weights=path[:, 1])
    return Warp(sums / np.bincount(path[:, 0]), float(HOP_MS * coarse))


def features(samples: Samples, *, throat: float = 1.0) -> Features:
    """Return what the sound is like every 10 ms, whoever speaks: the shape of its spectrum, how it moves, its level.

    `throat` is how much higher than usual to look at the spectrum.
    """
    count = max(len(samples) // _HOP, 1)
    padded = np.pad(samples, ((_WINDOW - _HOP) // 2, _FFT_SIZE))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:count]
    window, bank = np.hanning(_WINDOW).astype(np.float32), _bank(throat)
    blocks = (frames[start : start + _BLOCK] for start in range(0, count, _BLOCK))
    energies = np.concatenate([np.square(np.abs(np.fft.rfft(block * window, _FFT_SIZE))) @ bank for block in blocks])
    logs = np.log(energies + energies.max() * _DYNAMIC_RANGE + 1e-12)
    shape = _normal(logs @ _cosines())
    movement = 2 * np.gradient(shape, axis=0) if count > 1 else np.zeros_like(shape)
    return np.hstack([shape, movement, _normal(logs.mean(axis=1, keepdims=True))]).astype(np.float32)


def _normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take away what is the speaker's and the microphone's: mean and spread."""
    return np.asarray((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-6))


def _coarser(values: Features, factor: int) -> Features:
    padded = np.pad(values, ((0, -len(values) % factor), (0, 0)), mode="edge")
    return np.asarray(padded.reshape(-1, factor, values.shape[1]).mean(axis=1))


def _distances(first: Features, second: Features) -> NDArray[np.float32]:
    squares = np.square(first).sum(axis=1)[:, None] + np.square(second).sum(axis=1)[None, :]
    return np.asarray(np.sqrt(np.maximum(squares - 2 * first @ second.T, 0)), dtype=np.float32)


def _path(distances: NDArray[np.float32]) -> tuple[NDArray[np.intp], float]:
    """Return the cheapest way through the table, (steps, 2), and its cost: one diagonal after the other."""
    rows, columns = distances.shape
    skewed = np.full(rows * (rows + columns), np.inf, dtype=np.float32)
    skewed.reshape(rows, -1)[:, :columns] = distances
    diagonals = np.ascontiguousarray(skewed[: rows * (rows + columns - 1)].reshape(rows, -1).T)  # [row + column, row]
    came_from = np.zeros(diagonals.shape, dtype=np.int8)
    before, last = np.full(rows, np.inf, np.float32), np.full(rows, np.inf, np.float32)
    last[0] = diagonals[0, 0]
    above, across = np.full(rows, np.inf, np.float32), np.full(rows, np.inf, np.float32)
    for number in range(1, len(diagonals)):
        above[1:], across[1:] = last[:-1], before[:-1]
        best = np.minimum(np.minimum(above, last), across)
        came_from[number] = np.where(best == across, 0, np.where(best == above, 1, 2))
        before, last = last, best + diagonals[number]
    return _traced(came_from, rows, columns), float(last[-1])


def _traced(came_from: NDArray[np.int8], rows: int, columns: int) -> NDArray[np.intp]:
    row, column = rows - 1, columns - 1
    path = [(row, column)]
    while row or column:
        step = came_from[row + column, row]
        row, column = row - (step != 2), column - (step != 1)
        path.append((row, column))
    return np.array(path[::-1], dtype=np.intp)


@cache
def _bank(throat: float) -> NDArray[np.float32]:
    """Return weights (bins, bands): triangles on the mel scale, moved up by a factor."""
    lowest, highest = (2595 * np.log10(1 + hz / 700) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(lowest, highest, _BANDS + 2) / 2595) - 1) * throat
    hz = np.fft.rfftfreq(_FFT_SIZE, d=1 / RATE_HZ)[:, None]
    rising, falling = (hz - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - hz) / np.diff(edges)[1:]
    return np.maximum(np.minimum(rising, falling), 0).astype(np.float32)


@cache
def _cosines() -> NDArray[np.float64]:
    """Return the cosines (bands, coefficients) that tell a spectrum's shape without its level."""
    places = (np.arange(_BANDS) + 0.5)[:, None]
    return np.asarray(np.cos(np.pi / _BANDS * places * np.arange(1, _COEFFICIENTS + 1)))
