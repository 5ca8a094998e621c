"""Loudness by EBU R 128: ffmpeg's meter for finished files, and the same law in numpy for what is being mixed."""

import re
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines import ffmpeg
from engines.audio.pcm import Samples
from engines.errors import FfmpegFailed, SourceUnreadable
from engines.ffmpeg_arguments import safe_input
from engines.sniff import footage_demuxer
from engines.timebase import SAMPLE_RATE_HZ
from models.audio import Loudness

SILENCE_LUFS = -70.0
_OFFSET_LUFS = -0.691
_TIMEOUT_S = 300.0
METER = "ebur128=peak=true:framelog=quiet"
_READINGS = re.compile(r"^\s*(I|LRA|Peak):\s+(-?\d+\.\d+|-?inf|nan)", re.MULTILINE)
# The two filters of ITU-R BS.1770 at 48 kHz: a shelf for the head, and a high-pass.
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_FFT_SIZE, _OVERLAP = 1 << 17, 1 << 14
_STEPS_PER_BLOCK, _STEPS_PER_HOP = 400, 100  # 400 ms blocks every 100 ms, from powers of 1 ms


def measure(path: Path) -> Loudness:
    """Measure an audio file as it decodes. Raises SourceUnreadable, FfmpegTimeout."""
    demuxer = footage_demuxer(path, source=str(path))
    try:
        log = ffmpeg.run(
            (
                *("-loglevel", "info", "-nostats", *safe_input(path, demuxer=demuxer), "-map", "0:a:0"),
                *("-af", METER, "-f", "null", "-"),
            ),
            timeout_s=_TIMEOUT_S,
        )
    except FfmpegFailed as error:
        if error.exit_code < 0:
            raise
        raise SourceUnreadable(source=str(path), reason="no sound in it") from error
    return readings_of(log)


def readings_of(log: str) -> Loudness:
    """Return what the meter told at its end, from ffmpeg's log."""
    readings = {name: float(value) for name, value in _READINGS.findall(log)}
    integrated, peak = readings["I"], readings["Peak"]
    return Loudness(
        integrated_lufs=integrated if integrated > SILENCE_LUFS else None,
        true_peak_dbtp=peak if np.isfinite(peak) else None,
        range_lu=max(readings["LRA"], 0.0),
    )


def weighted_power(samples: Samples, *, step: int) -> NDArray[np.float64]:
    """Return the K-weighted power of every whole or partial `step` of mono (n,) or stereo (n, 2) samples.

    Channels add up. Blocks are filtered by overlapping transforms, long enough for the filters to die away.
    """
    channels = samples.reshape(len(samples), -1).T
    square = np.zeros(len(samples), dtype=np.float32)
    response = _response()
    for start in range(0, len(samples), _FFT_SIZE - _OVERLAP):
        first = max(start - _OVERLAP, 0)
        stop = min(start + _FFT_SIZE - _OVERLAP, len(samples))
        for channel in channels:
            spectrum = np.fft.rfft(channel[first:stop], n=_FFT_SIZE)
            filtered = np.fft.irfft(spectrum * response, n=_FFT_SIZE)[start - first : stop - first]
            square[start:stop] += np.square(filtered)
    padded = np.pad(square, (0, -len(square) % step))
    return np.asarray(padded.reshape(-1, step).sum(axis=1, dtype=np.float64) / step)


def integrated(power: NDArray[np.float64]) -> float:
    """Return the gated loudness (LUFS) of K-weighted powers of 1 ms each; -70 for silence.

    Shorter than one 400 ms block: its own mean, since a meter would show nothing.
    """
    if len(power) < _STEPS_PER_BLOCK:
        return lufs_of(float(power.mean())) if len(power) else SILENCE_LUFS
    total = np.concatenate(([0.0], np.cumsum(power)))
    starts = np.arange(0, len(power) - _STEPS_PER_BLOCK + 1, _STEPS_PER_HOP)
    blocks = (total[starts + _STEPS_PER_BLOCK] - total[starts]) / _STEPS_PER_BLOCK
    heard = blocks[blocks > _to_power(SILENCE_LUFS)]
    if not len(heard):
        return SILENCE_LUFS
    return lufs_of(float(heard[heard > heard.mean() / 10].mean()))


def lufs_of(power: float) -> float:
    """Return the loudness of a K-weighted power; -70 for silence."""
    return max(_OFFSET_LUFS + 10 * float(np.log10(max(power, 1e-12))), SILENCE_LUFS)


def _to_power(lufs: float) -> float:
    return float(10.0 ** ((lufs - _OFFSET_LUFS) / 10))


@cache
def _response() -> NDArray[np.complex64]:
    unit = np.exp(-2j * np.pi * np.fft.rfftfreq(_FFT_SIZE, d=1 / SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)
    response = np.ones_like(unit)
    for zeros, poles in (_SHELF, _HIGH_PASS):
        response *= np.polyval(zeros[::-1], unit) / np.polyval(poles[::-1], unit)
    return np.asarray(response, dtype=np.complex64)
