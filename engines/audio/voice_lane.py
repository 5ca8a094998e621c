"""The voice lane: every speech at one loudness, in its place, faded at both ends."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from engines.audio.cleanup import clean_voice
from engines.audio.loudness import SILENCE_LUFS, integrated, weighted_power
from engines.audio.pcm import FULL_SCALE, Samples, faded, gain_of, load_wav, samples_of
from engines.timebase import ms_to_sample
from models.audio import SpeechPlacement

VOICE_LUFS = -24.0  # of the lane, before the master gain: leaves room for peaks in 16 bits
MONO_LU = 3.0  # the same signal from both sides is 3 LU louder than from one
_MOST_GAIN_DB = 30.0
_FADE = ms_to_sample(8)
_STEP = ms_to_sample(1)


def voice_lane(speech: Sequence[SpeechPlacement], *, total: int, pool: ThreadPoolExecutor) -> NDArray[np.int16]:
    """Return the lane, (total,), mono 16-bit: the speeches added up where they overlap. Raises SourceUnreadable."""
    lane = np.zeros(total, dtype=np.int16)
    starts = [ms_to_sample(placement.start_ms) for placement in speech]
    levelled = pool.map(_levelled, speech, [max(total - start, 0) for start in starts])
    for start, samples in zip(starts, levelled, strict=True):
        part = lane[start : start + len(samples)]
        part[:] = np.clip(np.rint(samples * FULL_SCALE) + part, -FULL_SCALE, FULL_SCALE - 1)
    return lane


def _levelled(placement: SpeechPlacement, most: int) -> Samples:
    """Return at most `most` samples of a speech; none if it is silent."""
    samples = samples_of(load_wav(placement.path))
    samples = (samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32))[:most]
    if placement.clean:
        samples = clean_voice(samples)
    level = integrated(weighted_power(samples, step=_STEP)) + MONO_LU
    if level <= SILENCE_LUFS + MONO_LU:
        return samples[:0]
    return faded(samples * np.float32(gain_of(min(VOICE_LUFS - level, _MOST_GAIN_DB))), length=_FADE)
