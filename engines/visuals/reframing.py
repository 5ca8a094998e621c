"""Where to crop: the place of a window that keeps the subject, in one picture and along a clip."""

from collections.abc import Sequence
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.visuals.color import Pixels
from engines.visuals.saliency import Saliency, saliency

Profile = NDArray[np.float64]

_PLACES = 81
_CENTERED = 0.12  # how much of the score a window at the very edge loses
_SURE = 0.06  # a window must be that much better than the middle one
_NOTHING_TO_CHOOSE = 0.98
HEADROOM = 0.12  # what is most salient of a person is seldom the head
_LEAST_FRAMES = 5  # of which a median is a background
_MOTION = 1.5  # what moves, against what only stands out
_NOISE = 10.0  # steps of brightness
_MOST_MOVING = 0.3  # of the picture; more is the camera's doing
_CONTRAST = 25.0  # standard deviation of a picture in which everything can be seen
_HALF_MS = 4000
_LOST = 0.55  # of what the best window has
_LOST_SHARE = 0.2  # of the time
_LOST_SHOT, _CLEAR_SHOT = 0.7, 0.1  # the same of a whole shot: many glimpses agree
_CLEAR, _CLEAR_MORE = 1.0, 0.25  # how much a window must hold more than its share of an even picture
_CUT, _OTHER = 32.0, 16.0  # steps of brightness, on average: surely another picture, and perhaps
_TRAVEL_COST = 0.35  # of a window's whole content, for a way as long as the window
_SMOOTH_MS = 450.0


class Glimpse(NamedTuple):
    """What is salient at one time of a clip."""

    at_ms: int
    saliency: Saliency
    weight: float = 1.0  # little where hardly anything can be seen, and late in a part: many scenes end before
    shot: int = 0  # as far as pictures tell that lie seconds apart


def subject_of(seen: Saliency) -> tuple[float, float]:
    """Return where the subject's middle is, in fractions of the picture."""
    strong = seen * seen  # a second, weaker subject hardly moves it
    x, y = (_middle(strong.sum(axis=axis)) for axis in (0, 1))
    return x, y


def _middle(profile: NDArray[np.float32]) -> float:
    """Return where half of the mass lies on either side."""
    mass = np.cumsum(profile) / profile.sum()
    return float(np.interp(0.5, mass, (np.arange(len(profile)) + 0.5) / len(profile)))


def crop_place(seen: Saliency, *, picture_shape: float, window_shape: float) -> tuple[float, float]:
    """Return where a window of `window_shape` (width by height) lies in a picture of `picture_shape`.

    It is as large as fits; the place is 0 at the left edge or the top, 1 at the right or the foot, 0.5 for the axis
    along which it does not move.
    """
    axis, length = window_length(picture_shape, window_shape)
    place = best_place(seen.sum(axis=axis), length, headroom=HEADROOM if axis else 0.0)
    return (place, 0.5) if axis == 0 else (0.5, place)


def window_length(picture_shape: float, window_shape: float) -> tuple[int, float]:
    """Return the axis along which the largest window of a shape can be moved, 0 for x, and its length, at most 1."""
    if window_shape < picture_shape:
        return 0, window_shape / picture_shape
    return 1, picture_shape / window_shape


def best_place(profile: NDArray[np.float32], length: float, *, headroom: float = 0.0) -> float:
    """Return the place (0 to 1) of the window of `length` (of the profile's) that keeps most of what is salient."""
    if length > _NOTHING_TO_CHOOSE:
        return 0.5
    scores = place_scores(profile, length, headroom=headroom)
    best = int(scores.argmax())
    middle = scores[_PLACES // 2]
    return 0.5 if scores[best] < middle * (1 + _SURE) else best / (_PLACES - 1)


def place_scores(profile: NDArray[np.float32], length: float, *, headroom: float = 0.0) -> Profile:
    """Return how much of what is salient a window keeps at each of some places, from one end to the other.

    What lies near the window's own edge counts half, so that a subject comes to stand inside of it: in its middle, or
    below that by `headroom` (of the length).
    """
    at = (np.arange(len(profile)) + 0.5) / len(profile)
    places = np.linspace(0, 1, _PLACES)
    centers = places[:, None] * (1 - length) + length / 2
    away = np.abs(at - centers - headroom * length) / (length / 2)
    kept = np.where(np.abs(at - centers) <= length / 2, 1 - 0.5 * np.minimum(away, 1) ** 2, 0.0)
    scores = kept @ profile.astype(np.float64)
    return np.asarray(scores * (1 - _CENTERED * np.abs(2 * places - 1)), np.float64)


# --- clips -------------------------------------------------------------------------------------------------------


def with_motion(frames: Sequence[tuple[int, Pixels]]) -> list[Glimpse]:
    """Return what is salient in frames of a clip (time in ms, small RGB): what moves before a background counts most.

    Where all of the picture changes, the camera moves, and nothing can be told from that.
    """
    if not frames:
        return []
    maps = [saliency(rgb) for _, rgb in frames]
    weights = [max(0.02, min(1.0, float(rgb.std()) / _CONTRAST) * 0.5 ** (at_ms / _HALF_MS)) for at_ms, rgb in frames]
    moving = _moving([rgb for _, rgb in frames], maps[0].shape) if len(frames) >= _LEAST_FRAMES else [None] * len(maps)
    shots = accumulate((change > _OTHER for change in _changes(frames)), initial=0)
    return [
        Glimpse(at_ms, _together(still, motion), weight, shot)
        for (at_ms, _), still, motion, weight, shot in zip(frames, maps, moving, weights, shots, strict=True)
    ]


def averaged(glimpses: Sequence[Glimpse]) -> Saliency:
    """Return what is salient in all of them, by their weights."""
    maps, weights = [glimpse.saliency for glimpse in glimpses], [glimpse.weight for glimpse in glimpses]
    return np.asarray(np.average(maps, axis=0, weights=weights), np.float32)


def _together(still: Saliency, motion: Saliency | None) -> Saliency:
    return still if motion is None else np.asarray((still + _MOTION * motion) / (1 + _MOTION), np.float32)


def _moving(frames: Sequence[Pixels], shape: tuple[int, ...]) -> list[Saliency | None]:
    """Return, for each frame, a map (its sum is 1) of what differs from the frames' median; None if too much does."""
    small = [cv2.resize(frame, shape[::-1], interpolation=cv2.INTER_AREA) for frame in frames]
    stack = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in small]).astype(np.float32)
    changed = np.clip((np.abs(stack - np.median(stack, axis=0)) - _NOISE) / (4 * _NOISE), 0, 1)
    maps: list[Saliency | None] = []
    for each in changed:
        softened = cv2.GaussianBlur(each, (0, 0), 0.02 * max(shape))
        whole = float(softened.sum())
        maps.append(softened / whole if 0.002 < whole / softened.size < _MOST_MOVING else None)
    return maps


def has_cut(frames: Sequence[tuple[int, Pixels]]) -> bool:
    """Return whether a clip changes its picture from one frame to the next as a cut does."""
    return any(change > _CUT for change in _changes(frames))


def _changes(frames: Sequence[tuple[int, Pixels]]) -> list[float]:
    """Return how many steps of brightness each frame but the first is from the one before."""
    greys = [
        cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (32, 32), interpolation=cv2.INTER_AREA) for _, rgb in frames
    ]
    return [float(cv2.absdiff(one, other).mean()) for one, other in pairwise(greys)]


def loses_a_shot(glimpses: Sequence[Glimpse], place: float, *, axis: int, length: float) -> bool:
    """Return whether a window resting at `place` loses the subject of one of the shots that a clip is made of."""
    shots = [list(shot) for _, shot in groupby(glimpses, key=lambda glimpse: glimpse.shot)]
    if len(shots) == 1:
        return False
    for shot in shots:
        scores = place_scores(averaged(shot).sum(axis=axis), length)
        here, best = float(np.interp(place, np.linspace(0, 1, _PLACES), scores)), float(scores.max())
        if best > length + _CLEAR_SHOT * (1 - length) and here < _LOST_SHOT * best:
            return True
    return False


def leaves_window(glimpses: Sequence[Glimpse], place: float, *, axis: int, length: float) -> bool:
    """Return whether a window resting at `place` loses a subject that one elsewhere would keep, again and again."""
    lost = 0
    for glimpse in glimpses:
        profile = glimpse.saliency.sum(axis=axis)
        scores = place_scores(profile, length)
        here = float(np.interp(place, np.linspace(0, 1, _PLACES), scores))
        is_clear = scores.max() > _CLEAR * (length + _CLEAR_MORE * (1 - length))
        lost += is_clear and here < _LOST * float(scores.max())
    return lost >= max(2, _LOST_SHARE * len(glimpses))


def follow_places(glimpses: Sequence[Glimpse], *, axis: int, length: float) -> list[float]:
    """Return the place of a window at each glimpse's time, so that it keeps the subject and moves little and smoothly.

    The way of least cost through all places (what a window loses, and how far it goes), then smoothed over time.
    """
    places = np.linspace(0, 1, _PLACES)
    travel = _TRAVEL_COST * np.abs(places[:, None] - places[None, :]) * (1 - length) / length
    losses = []
    for glimpse in glimpses:
        scores = place_scores(glimpse.saliency.sum(axis=axis), length)
        losses.append(1 - scores / max(float(scores.max()), 1e-9))
    total, came_from = losses[0], []
    for loss in losses[1:]:
        ways = total[:, None] + travel
        came_from.append(ways.argmin(axis=0))
        total = ways.min(axis=0) + loss
    way = [int(total.argmin())]
    for origin in reversed(came_from):
        way.append(int(origin[way[-1]]))
    return _smooth(places[way[::-1]], [glimpse.at_ms for glimpse in glimpses])


def _smooth(places: Profile, times_ms: Sequence[int]) -> list[float]:
    times = np.asarray(times_ms, np.float64)
    weights = np.exp(-0.5 * ((times[:, None] - times[None, :]) / _SMOOTH_MS) ** 2)
    return [float(place) for place in weights @ places / weights.sum(axis=1)]
