"""The music bed: any track, levelled, looped without a seam and faded at both ends."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio.loudness import SILENCE_LUFS, integrated, weighted_power
from engines.audio.pcm import FULL_SCALE, Samples, decode_to_wav, gain_of, wav_length
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample, samples_to_ms

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
        played = np.empty((stop - start, 2), dtype=np.float32)
        filled = 0
        while filled < len(played):
            piece = self._piece(start + filled, len(played) - filled)
            played[filled : filled + len(piece)] = piece
            filled += len(piece)
        played *= np.float32(self.gain)
        self._fade(played, start)
        return played

    def _piece(self, place: int, most: int) -> Samples:
        """Return what plays from `place` on, as far as it lies in one stretch: the first pass, the seam or the rest."""
        first_pass = len(self.track) - len(self.seam)
        looped = place if place < first_pass else (place - first_pass) % first_pass
        if place >= first_pass and looped < len(self.seam):
            return self.seam[looped : looped + most]
        return self.track[looped : min(looped + most, first_pass)].astype(np.float32) / np.float32(FULL_SCALE)

    def _fade(self, played: Samples, start: int) -> None:
        """Apply raised cosines; in a short that is too short for both, each takes at most a third."""
        fade_in = max(min(ms_to_sample(FADE_IN_MS), self.total // 3), 1)
        fade_out = max(min(ms_to_sample(FADE_OUT_MS), self.total // 3), 1)
        places = np.arange(start, start + len(played))
        fading = (places < fade_in) | (places > self.total - fade_out)
        faded = places[fading]
        open_share = np.clip(np.minimum(faded / fade_in, (self.total - faded) / fade_out), 0, 1)
        played[fading] *= (0.5 - 0.5 * np.cos(np.pi * open_share)).astype(np.float32)[:, None]


def prepare_bed(music: Path, *, name: str, total: int, target_lufs: float, folder: Path) -> Bed:
    """Decode `music` into `folder` and level it to `target_lufs`, for a lane of `total` samples.

    Raises SourceUnreadable.
    """
    wav = folder / "bed.wav"
    decode_to_wav(music, wav, channels=2, name=name, limit_ms=samples_to_ms(total) + CROSS_FADE_MS)
    frames = wav_length(wav)
    offset = wav.stat().st_size - frames * 4
    track: NDArray[np.int16] = np.memmap(
        wav, dtype="<i2", mode="r", offset=max(offset, _WAV_HEADER_BYTES), shape=(frames, 2)
    )
    if frames < SAMPLE_RATE_HZ:  # a mere snippet: a longer one that repeats it
        track = np.tile(track, (-(-SAMPLE_RATE_HZ // frames), 1))
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
