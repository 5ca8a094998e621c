"""The music bed: a prepared track, levelled, looped where it repeats itself and faded at both ends."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio.loudness import SILENCE_LUFS
from engines.audio.pcm import FULL_SCALE, Samples, gain_of, map_wav
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample
from models.audio import BedSettings, Loop, TrackInfo

_MOST_GAIN_DB = 40.0


class TrackFile(NamedTuple):
    """A prepared track on disk: WAV, 48 kHz, stereo, 16-bit."""

    path: Path
    info: TrackInfo


class Bed(NamedTuple):
    """A track on disk and how it plays. `track` is (n, 2) 16-bit, `seam` the blend of its loop's end into its start."""

    track: NDArray[np.int16]
    loop: Loop
    seam: Samples
    gain: float
    total: int
    fade_in: int
    fade_out: int
    start: int = 0  # the sample of the lane at which it begins

    def block(self, start: int, stop: int) -> Samples:
        """Return samples `[start, stop)` of the lane, (n, 2), fades included; silence before it begins and after it."""
        lane = np.empty((stop - start, 2), dtype=np.float32)
        first = min(max(self.start, start), stop)
        last = max(min(self.start + self.total, stop), first)
        lane[: first - start], lane[last - start :] = 0, 0
        played = lane[first - start : last - start]
        filled, place = 0, first - self.start
        while filled < len(played):
            piece = self._piece(place + filled, len(played) - filled)
            played[filled : filled + len(piece)] = piece
            filled += len(piece)
        played *= np.float32(self.gain)
        self._fade(played, place)
        return lane

    def _piece(self, place: int, most: int) -> Samples:
        """Return what plays from `place` on, as far as it lies in one stretch: the first pass, the seam or the rest."""
        period = self.loop.end - self.loop.start
        if place >= self.loop.end and self.total > len(self.track):
            inside = (place - self.loop.end) % period
            if inside < len(self.seam):
                return self.seam[inside : inside + most]
            place, last = self.loop.start + inside, self.loop.end
        else:
            last = self.loop.end if self.total > len(self.track) else len(self.track)
        return self.track[place : min(place + most, last)].astype(np.float32) / np.float32(FULL_SCALE)

    def _fade(self, played: Samples, start: int) -> None:
        """Apply raised cosines; in a short that is too short for both, each takes at most a third."""
        fade_in, fade_out = max(min(self.fade_in, self.total // 3), 1), max(min(self.fade_out, self.total // 3), 1)
        if start >= fade_in and start + len(played) <= self.total - fade_out:
            return
        places = np.arange(start, start + len(played))
        fading = (places < fade_in) | (places > self.total - fade_out)
        faded = places[fading]
        open_share = np.clip(np.minimum(faded / fade_in, (self.total - faded) / fade_out), 0, 1)
        played[fading] *= (0.5 - 0.5 * np.cos(np.pi * open_share)).astype(np.float32)[:, None]


def open_bed(file: TrackFile, *, total: int, target_lufs: float, settings: BedSettings, start: int = 0) -> Bed:
    """Return the bed of `total` samples: the track brought to `target_lufs`, looped only if it is shorter than that."""
    track = map_wav(file.path, channels=2)
    level = _played_lufs(file.info, total)
    return Bed(
        track=track,
        loop=file.info.loop,
        seam=_seam(track, file.info.loop),
        gain=0.0 if level <= SILENCE_LUFS else gain_of(min(target_lufs - level, _MOST_GAIN_DB)),
        total=total,
        fade_in=ms_to_sample(settings.fade_in_ms),
        fade_out=ms_to_sample(settings.fade_out_ms),
        start=start,
    )


def _played_lufs(info: TrackInfo, total: int) -> float:
    """Return the loudness of the part that a short of `total` samples plays: a soft start is no soft track."""
    played = np.array(info.levels_lufs[: max(round(total / SAMPLE_RATE_HZ), 1)])
    powers = np.power(10.0, played / 10)
    heard = powers[played > SILENCE_LUFS]
    if not len(heard):
        return SILENCE_LUFS
    return float(10 * np.log10(heard[heard > heard.mean() / 10].mean()))


def _seam(track: NDArray[np.int16], loop: Loop) -> Samples:
    """Cross-fade the loop's end into its start, at equal power for what the two passages have in common."""
    angle = (np.arange(loop.fade, dtype=np.float32) + np.float32(0.5)) / max(loop.fade, 1) * np.float32(math.pi / 2)
    level = 1 / np.sqrt(1 + np.float32(max(loop.likeness, 0.0)) * np.sin(2 * angle))
    leaving, coming = track[loop.end : loop.end + loop.fade], track[loop.start : loop.start + loop.fade]
    blend = leaving * (np.cos(angle) * level)[:, None] + coming * (np.sin(angle) * level)[:, None]
    return np.asarray(blend / np.float32(FULL_SCALE), dtype=np.float32)
