"""Sound effects: any short sound, decoded once, and laid into the mix at a level relative to the voice."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from engines.audio.lanes import Effect
from engines.audio.loudness import SILENCE_LUFS, lufs_of, weighted_power
from engines.audio.pcm import FULL_SCALE, decode_to_wav, gain_of, map_wav
from engines.timebase import ms_to_sample
from models.audio import EffectInfo

LONGEST_MS = 30_000
_HEARD_MS = 150  # about as long as an ear takes to judge how loud something is
_MOST_GAIN_DB = 40.0
_FADE_IN, _CUT_FADE = ms_to_sample(1), ms_to_sample(4)


class EffectPlacement(NamedTuple):
    """A prepared effect on disk, when it starts (before 0: its beginning is not heard) and its level."""

    path: Path
    info: EffectInfo
    start_ms: int
    level_lufs: float


def prepare_effect(source: Path, *, name: str, output: Path) -> EffectInfo:
    """Decode at most 30 s of any sound into `output` (WAV, 48 kHz, stereo, 16-bit) and find its loudest moment.

    `name` is what errors call it. Raises SourceUnreadable, FfmpegTimeout, DiskFull.
    """
    decode_to_wav(source, output, channels=2, name=name, limit_ms=LONGEST_MS)
    samples = map_wav(output, channels=2).astype(np.float32) / np.float32(FULL_SCALE)
    power = weighted_power(samples, step=ms_to_sample(1))
    window = min(_HEARD_MS, len(power))
    total = np.concatenate(([0.0], np.cumsum(power)))
    moments = (total[window:] - total[:-window]) / window
    loudest = int(moments.argmax())
    return EffectInfo(loudness_lufs=lufs_of(float(moments[loudest])), peak_ms=loudest + window // 2)


def lay_effect(placement: EffectPlacement, *, total: int) -> Effect | None:
    """Return the effect as it sounds in a mix of `total` samples, faded where it is cut; None if nothing of it does."""
    start = ms_to_sample(placement.start_ms)
    samples = map_wav(placement.path, channels=2)[max(-start, 0) : max(total - start, 0)]
    if not len(samples) or placement.info.loudness_lufs <= SILENCE_LUFS:
        return None
    return Effect(
        start=max(start, 0),
        samples=samples,
        gain=gain_of(min(placement.level_lufs - placement.info.loudness_lufs, _MOST_GAIN_DB)),
        fade_in=_CUT_FADE if start < 0 else _FADE_IN,
        fade_out=_CUT_FADE,
    )
