"""Preparing a music track: decoded, measured, and its loop found, once for all shorts that play it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.audio.loops import find_loop
from engines.audio.loudness import lufs_of, weighted_power
from engines.audio.pcm import FULL_SCALE, decode_to_wav, map_wav, wav_length, write_stereo_wav
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample
from models.audio import TrackInfo

LONGEST_MS = 360_000  # of a track: a longer one repeats from there on
_LONGEST_SILENCE_MS, _KEPT_MS = 10_000, 50  # at a track's start
_SILENCE = 0.003  # of the loudest sample: 50 dB below it


def prepare_track(source: Path, *, name: str, output: Path) -> TrackInfo:
    """Decode the first six minutes of `source` into `output` (WAV, 48 kHz, stereo, 16-bit) and analyse them.

    `name` is what errors call the track. Raises SourceUnreadable, FfmpegTimeout, DiskFull.
    """
    decode_to_wav(source, output, channels=2, name=name, limit_ms=LONGEST_MS)
    track = _without_silent_start(map_wav(output, channels=2))
    if len(track) < SAMPLE_RATE_HZ:  # a mere snippet: a longer one that repeats it
        track = np.tile(track, (-(-SAMPLE_RATE_HZ // len(track)), 1))
    if len(track) != wav_length(output):
        track = track.copy()  # before the file that it is read from is written anew
        write_stereo_wav(track, output)
    loop, beat_ms = find_loop(track)
    return TrackInfo(levels_lufs=_levels(track), loop=loop, beat_ms=beat_ms)


def _without_silent_start(track: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the track from just before its first sound on, so that a short does not start in silence."""
    peaks = np.abs(track[: ms_to_sample(_LONGEST_SILENCE_MS)], dtype=np.int32).max(axis=1)
    heard = peaks > peaks.max() * _SILENCE
    first = int(heard.argmax()) if heard.any() else 0
    return track[first - ms_to_sample(_KEPT_MS) :] if first > ms_to_sample(2 * _KEPT_MS) else track


def _levels(track: NDArray[np.int16]) -> tuple[float, ...]:
    """Return the loudness of each second."""
    powers = weighted_power(track.astype(np.float32) / np.float32(FULL_SCALE), step=SAMPLE_RATE_HZ)
    last = len(track) % SAMPLE_RATE_HZ
    if last:  # the meter took the missing part of the last second for silence
        powers[-1] *= SAMPLE_RATE_HZ / last
    return tuple(round(lufs_of(float(power)), 1) for power in powers)
