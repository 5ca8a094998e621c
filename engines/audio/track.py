"""Preparing a music track: decoded, measured, and its loop found, once for all shorts that play it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.audio.loops import find_loop
from engines.audio.loudness import integrated, weighted_power
from engines.audio.pcm import FULL_SCALE, decode_to_wav, map_wav, write_stereo_wav
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample
from models.audio import TrackInfo

LONGEST_MS = 360_000  # of a track: a longer one repeats from there on
_MEASURED_MS = 90_000


def prepare_track(source: Path, *, name: str, output: Path) -> TrackInfo:
    """Decode the first six minutes of `source` into `output` (WAV, 48 kHz, stereo, 16-bit) and analyse them.

    `name` is what errors call the track. Raises SourceUnreadable, FfmpegTimeout, DiskFull.
    """
    decode_to_wav(source, output, channels=2, name=name, limit_ms=LONGEST_MS)
    track = map_wav(output, channels=2)
    if len(track) < SAMPLE_RATE_HZ:  # a mere snippet: a longer one that repeats it
        track = np.tile(track, (-(-SAMPLE_RATE_HZ // len(track)), 1))
        write_stereo_wav(track, output)
    loop, beat_ms = find_loop(track)
    return TrackInfo(loudness_lufs=_loudness(track), loop=loop, beat_ms=beat_ms)


def _loudness(track: NDArray[np.int16]) -> float:
    measured = track[: ms_to_sample(_MEASURED_MS)].astype(np.float32) / np.float32(FULL_SCALE)
    return integrated(weighted_power(measured, step=ms_to_sample(1)))
