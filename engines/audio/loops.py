"""Where a track may repeat: found where it resembles itself, aligned to the sample, and joined before a beat.

A track's spectrum is compared with itself at every distance. Music repeats by whole bars, so the distance at which a
passage comes back most alike is a number of bars, whatever the metre. The join is laid where a note begins in both
passages: its attack covers what a cross-fade cannot hide.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio.pcm import FULL_SCALE, Samples
from engines.audio.pulse import BANDS, FRAME_MS, HOP, RATE_HZ, Spectra, analyse, beat_frames
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample
from models.audio import Loop

_DOWN = SAMPLE_RATE_HZ // RATE_HZ
_COARSE = 5  # frames compared as one
_CONTEXT = 4_000 // FRAME_MS  # frames of the two passages that are compared
_SHORTEST_SHARE, _SHORTEST = 0.3, 20_000 // FRAME_MS  # of the track, but no more frames than that: none is shorter
_LENGTH_BONUS, _LEVEL_PENALTY = 0.3, 0.06  # in units of likeness: for a loop as long as the track; for 1 dB of jump
_DB = 10 / math.log(10)
_ALIKE, _SAME_SOUND = 0.35, 0.8  # likeness of spectra; correlation of sound
_ALIGN_MS = 60
_SAME_FADE_MS, _BEAT_FADE_MS, _LONG_FADE_MS = 60, 300, 1500
_ATTACK = ms_to_sample(250)  # that is looked at after the cross-fade
_ENVELOPE = RATE_HZ // 1000  # samples: 1 ms


class _Pair(NamedTuple):
    """Two passages: the middle of the first and how far behind it the second lies, in frames, and their likeness."""

    middle: int
    distance: int
    alike: float


def find_loop(track: NDArray[np.int16]) -> tuple[Loop, float | None]:
    """Return the loop of a track of at least a second, (n, 2) at 48 kHz, and the length of its beat in ms, if any."""
    mono = _mono(track)
    spectra = analyse(mono)
    beat = beat_frames(spectra.onsets)
    beat_ms = None if beat is None else round(beat * FRAME_MS, 1)
    context = min(_CONTEXT, len(spectra.onsets) // 4)
    if context < 2 * _COARSE:
        return _whole(len(track)), beat_ms
    pair = _best_pair(spectra.features, context)
    shift, likeness = _aligned(mono, pair, context)
    fade = _fade_ms(likeness, pair.alike, has_beat=beat is not None) * RATE_HZ // 1000
    start = _onset(spectra, pair, context) * HOP - fade
    length = pair.distance * HOP + shift
    if start < 0 or length <= fade or start + length + fade > len(mono):
        return _whole(len(track)), beat_ms
    return _to_the_sample(track, start * _DOWN, (start + length) * _DOWN, fade * _DOWN), beat_ms


def _whole(samples: int) -> Loop:
    """Return the loop of all there is, its end cross-faded into its start."""
    fade = min(ms_to_sample(_LONG_FADE_MS), samples // 3)
    return Loop(start=0, end=samples - fade, fade=fade)


def _mono(track: NDArray[np.int16]) -> Samples:
    """Return the track in mono at 12 kHz: the mean of four samples is filter enough to look at it."""
    whole = track[: len(track) // _DOWN * _DOWN].reshape(-1, _DOWN * 2)
    return np.asarray(whole.mean(axis=1, dtype=np.float32) / np.float32(FULL_SCALE))


def _best_pair(features: NDArray[np.float32], context: int) -> _Pair:
    """Return the two passages that are most alike and, of equals, farthest apart."""
    count, width = len(features) // _COARSE, context // _COARSE
    coarse = features[: count * _COARSE].reshape(count, _COARSE, -1).mean(axis=1)
    window = np.ones(width, dtype=np.float32) / width
    levels_db = np.convolve(coarse[:, :BANDS].mean(axis=1), window, mode="valid") * _DB
    coarse -= coarse.mean(axis=0)
    energy = np.square(coarse).sum(axis=1)
    usual = 2 * float(energy.mean()) + 1e-9
    products = coarse @ coarse.T
    least = max(min(int(_SHORTEST_SHARE * count), _SHORTEST // _COARSE), width, 1)
    best, best_score = _Pair(0, 0, -1.0), -math.inf
    for distance in range(least, count - width + 1):
        apart = energy[:-distance] + energy[distance:] - 2 * np.diagonal(products, distance)
        alike = 1 - np.convolve(apart, window, mode="valid") / usual
        alike -= _LEVEL_PENALTY * np.abs(levels_db[: len(alike)] - levels_db[distance:])
        place = int(alike.argmax())
        score = float(alike[place]) + _LENGTH_BONUS * distance / count
        if score > best_score:
            middle = place * _COARSE + context // 2
            best, best_score = _Pair(middle, distance * _COARSE, float(alike[place])), score
    return _nearer(features, best, context)


def _nearer(features: NDArray[np.float32], pair: _Pair, context: int) -> _Pair:
    """Return the pair with its distance exact to one frame."""
    first = max(pair.middle - context // 2, 0)
    passage = features[first : first + context]

    def apart(distance: int) -> float:
        other = features[first + distance : first + distance + context]
        return float(np.square(passage[: len(other)] - other).mean()) if len(other) > context // 2 else math.inf

    near = range(max(pair.distance - _COARSE, 1), pair.distance + _COARSE + 1)
    return pair._replace(distance=min(near, key=apart))


def _aligned(mono: Samples, pair: _Pair, context: int) -> tuple[int, float]:
    """Return by how many samples the second passage lies later than thought, and the correlation of their sound.

    Passages that are no copies of each other are aligned by their attacks.
    """
    first = max(pair.middle - context // 2, 0) * HOP
    passage, other = mono[first : first + context * HOP], mono[first + pair.distance * HOP :][: context * HOP]
    most = _ALIGN_MS * RATE_HZ // 1000
    shift, likeness = _best_shift(passage, other, most)
    if likeness > _SAME_SOUND / 2:
        return shift, likeness
    steps, _ = _best_shift(_attacks(passage), _attacks(other), most // _ENVELOPE)
    return steps * _ENVELOPE, likeness


def _best_shift(one: Samples, other: Samples, most: int) -> tuple[int, float]:
    """Return the shift (at most `most` either way) at which `other` is most like `one`, and the correlation there."""
    length = min(len(one), len(other))
    size = 1 << (2 * length).bit_length()
    spectrum = np.conj(np.fft.rfft(one[:length], size)) * np.fft.rfft(other[:length], size)
    products = np.fft.irfft(spectrum, size)
    near = np.concatenate((products[-most:], products[: most + 1]))
    best = int(near.argmax())
    power = math.sqrt(float(np.square(one[:length]).sum()) * float(np.square(other[:length]).sum()))
    return best - most, min(max(float(near[best]) / (power + 1e-9), -1.0), 1.0)


def _attacks(samples: Samples) -> Samples:
    """Return how fast the level rises in each millisecond."""
    steps = samples[: len(samples) // _ENVELOPE * _ENVELOPE].reshape(-1, _ENVELOPE)
    smooth = np.convolve(np.square(steps).mean(axis=1), np.hanning(12)[1:-1] / 5, mode="same")
    return np.maximum(np.diff(np.log(smooth + 1e-7), prepend=-16.0), 0).astype(np.float32)


def _fade_ms(likeness: float, alike: float, *, has_beat: bool) -> int:
    if likeness > _SAME_SOUND:
        return _SAME_FADE_MS
    return _BEAT_FADE_MS if has_beat and alike > _ALIKE else _LONG_FADE_MS


def _onset(spectra: Spectra, pair: _Pair, context: int) -> int:
    """Return the frame near the middle in which a note begins most clearly in both passages."""
    first = max(pair.middle - context // 4, 0)
    ours = spectra.onsets[first : pair.middle + context // 4 + 1]
    theirs = spectra.onsets[first + pair.distance :][: len(ours)]
    return first + int((ours[: len(theirs)] + theirs).argmax())


def _to_the_sample(track: NDArray[np.int16], start: int, end: int, fade: int) -> Loop:
    """Return the loop with its end moved by less than a 12 kHz sample, and the likeness around it."""
    best, best_likeness = end, -1.0
    heard = min(fade + _ATTACK, len(track) - end - _DOWN)
    coming = track[start : start + heard].astype(np.float32).mean(axis=1)
    for place in range(max(end - _DOWN, start + fade), min(end + _DOWN, len(track) - fade) + 1):
        leaving = track[place : place + heard].astype(np.float32).mean(axis=1)
        power = math.sqrt(float(np.dot(coming, coming)) * float(np.dot(leaving, leaving)))
        likeness = float(np.dot(coming, leaving)) / (power + 1e-9)
        if likeness > best_likeness:
            best, best_likeness = place, likeness
    return Loop(start=start, end=best, fade=fade, likeness=min(max(best_likeness, -1.0), 1.0))
