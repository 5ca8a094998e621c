"""The music bed: any track, levelled, looped without a seam and faded at both ends."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio.loudness import SILENCE_LUFS, integrated, weighted_power
from engines.audio.pcm import FULL_SCALE, Samples, decode_to_wav, gain_of, wav_length
from engines.timebase import ms_to_sample, samples_to_ms

CROSS_FADE_MS = 1500
FADE_IN_MS, FADE_OUT_MS = 400, 1500
_MEASURED_MS = 90_000
_MOST_GAIN_DB = 40.0
_WAV_HEADER_BYTES = 44


class Bed(NamedTuple):
    """A track on disk and how it plays. `track` is (n, 2) 16-bit, `seam` the blend of its end into its start."""

    track: NDArray[np.int16]
    seam: Samples
    gain: float
    total: int

    def block(self, start: int, stop: int) -> Samples:
        """Return samples `[start, stop)` of the lane, (n, 2), fades included."""
        places = np.arange(start, stop)
        first_pass = len(self.track) - len(self.seam)
        looped = (places - first_pass) % max(first_pass, 1)
        source = np.where(places < first_pass, places, looped)
        played = self.track[source].astype(np.float32) / np.float32(FULL_SCALE)
        blended = (places >= first_pass) & (looped < len(self.seam))
        played[blended] = self.seam[looped[blended]]
        return played * (self._fades(places) * self.gain).astype(np.float32)[:, None]

    def _fades(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Raised cosines; in a short that is too short for both, each takes at most a third."""
        fade_in = max(min(ms_to_sample(FADE_IN_MS), self.total // 3), 1)
        fade_out = max(min(ms_to_sample(FADE_OUT_MS), self.total // 3), 1)
        open_share = np.minimum(places / fade_in, (self.total - places) / fade_out)
        return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(open_share, 0, 1)))


def prepare_bed(music: Path, *, name: str, total: int, target_lufs: float, folder: Path) -> Bed:
    """Decode `music` into `folder` and level it to `target_lufs`, for a lane of `total` samples.

    Raises SourceUnreadable.
    """
    wav = folder / "bed.wav"
    decode_to_wav(music, wav, channels=2, name=name, limit_ms=samples_to_ms(total) + CROSS_FADE_MS)
    frames = wav_length(wav)
    offset = wav.stat().st_size - frames * 4
    track = np.memmap(wav, dtype="<i2", mode="r", offset=max(offset, _WAV_HEADER_BYTES), shape=(frames, 2))
    level = _loudness(track)
    gain = 0.0 if level <= SILENCE_LUFS else gain_of(min(target_lufs - level, _MOST_GAIN_DB))
    return Bed(track, _seam(track), gain, total)


def _loudness(track: NDArray[np.int16]) -> float:
    measured = track[: ms_to_sample(_MEASURED_MS)].astype(np.float32) / np.float32(FULL_SCALE)
    return integrated(weighted_power(measured, step=ms_to_sample(1)))


def _seam(track: NDArray[np.int16]) -> Samples:
    """Cross-fade the track's end into its start at equal power, so that the level does not dip."""
    length = min(ms_to_sample(CROSS_FADE_MS), len(track) // 3)
    angle = (np.arange(length, dtype=np.float32) + 0.5) / max(length, 1) * (math.pi / 2)
    blend = track[len(track) - length :] * np.cos(angle)[:, None] + track[:length] * np.sin(angle)[:, None]
    return np.asarray(blend / np.float32(FULL_SCALE), dtype=np.float32)
