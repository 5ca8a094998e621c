"""Where to crop and what to zoom to: as a scene says, or where its subject is found."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engines.visuals.cuts import by_shot
from engines.visuals.geometry import MIDDLE, Pair, Size, whole_side
from engines.visuals.glances import ClipPart, Frames, dense_glances, glance_at_still, key_glances
from engines.visuals.reframing import (
    HEADROOM,
    Glimpse,
    averaged,
    best_place,
    crop_place,
    follow_places,
    has_cut,
    leaves_window,
    loses_a_shot,
    subject_of,
    window_length,
    with_motion,
)
from engines.visuals.saliency import Saliency, saliency
from models.picture import Focus
from models.shots import Window, WindowKey

_NAMED: dict[Focus, Pair] = {
    Focus.CENTER: MIDDLE,
    Focus.TOP: (0.5, 0.0),
    Focus.BOTTOM: (0.5, 1.0),
    Focus.LEFT: (0.0, 0.5),
    Focus.RIGHT: (1.0, 0.5),
}
_ALIKE = 0.02  # places that differ less are one


class Aim(NamedTuple):
    """Where `cover` crops (of what is left over), and where in the whole picture the subject is; from 0 to 1."""

    place: Pair = MIDDLE
    subject: Pair = MIDDLE


class Follow(NamedTuple):
    """How a window follows a subject: what is cropped and decoded for it, and its places in that."""

    place: Pair
    size_px: Size
    keys: tuple[WindowKey, ...]


def named_aim(focus: Focus) -> Aim:
    """Return the aim that a scene names; `focus` is not `auto`."""
    return Aim(_NAMED[focus], _NAMED[focus])


def aim_at_still(path: Path, *, picture_px: Size, shape: float, source: str) -> Aim:
    """Return where a still is cropped to `shape` (width by height). Raises SourceUnreadable, SourceTooLarge."""
    return _aim(saliency(glance_at_still(path, source=source)), picture_px, shape)


def aim_at_clip(glimpses: Sequence[Glimpse], *, picture_px: Size, shape: float) -> Aim:
    """Return where a clip is cropped all the time, so that it keeps most of what is salient in it."""
    if not glimpses:
        return Aim()
    return _aim(averaged(glimpses), picture_px, shape)


def seen_in_clip(part: ClipPart) -> list[Glimpse]:
    """Return what is salient in a few frames of a clip's part. Empty where nothing decodes."""
    return with_motion(key_glances(part))


def follow_subject(
    part: ClipPart, glimpses: Sequence[Glimpse], aim: Aim, *, picture_px: Size, canvas_px: Size
) -> Follow | None:
    """Return how a window follows the subject of a clip; None where one that rests at `aim` keeps it.

    A clip that has cuts of its own has another subject after each: the window then cuts, too.
    """
    axis, length = window_length(picture_px[0] / picture_px[1], canvas_px[0] / canvas_px[1])
    rest = aim.place[axis]
    is_lost = leaves_window(glimpses, rest, axis=axis, length=length)
    if not is_lost and not loses_a_shot(glimpses, rest, axis=axis, length=length):
        return None
    frames, cuts_ms = dense_glances(part)
    shots = by_shot(frames, cuts_ms)
    if len(shots) > 1:
        places = _places_of_shots(shots, axis=axis, length=length)
    else:
        places = _places_along(frames, rest, axis=axis, length=length)
    if not places or max(places.values()) - min(places.values()) < _ALIKE:
        return None
    starts = [place * (1 - length) for place in places.values()]
    return _follow(starts, tuple(places), axis=axis, length=length, canvas_px=canvas_px)


def _places_along(frames: Frames, rest: float, *, axis: int, length: float) -> dict[int, float]:
    """Return where a window is at each glimpse of one shot; nothing where one that rests keeps its subject."""
    closer = with_motion(frames)
    if has_cut(frames) or not leaves_window(closer, rest, axis=axis, length=length):
        return {}
    places = follow_places(closer, axis=axis, length=length)
    return {glimpse.at_ms: place for glimpse, place in zip(closer, places, strict=True)}


def _places_of_shots(shots: Sequence[tuple[int, Frames]], *, axis: int, length: float) -> dict[int, float]:
    """Return where the window is, at the first and the last moment of each shot and where it moves in between."""
    places: dict[int, float] = {}
    ends_ms = [begin_ms for begin_ms, _ in shots[1:]] + [shots[-1][1][-1][0] + 1]
    for (begin_ms, frames), end_ms in zip(shots, ends_ms, strict=True):
        seen = averaged(with_motion(frames))
        rest = best_place(seen.sum(axis=axis), length, headroom=HEADROOM if axis else 0.0)
        along = _places_along(frames, rest, axis=axis, length=length) or {begin_ms: rest}
        first, last = next(iter(along.values())), next(reversed(along.values()))
        inside = {at_ms: place for at_ms, place in along.items() if begin_ms < at_ms < end_ms - 1}
        places |= {begin_ms: first, **inside, end_ms - 1: last}
    return places


def _follow(starts: Sequence[float], times_ms: Sequence[int], *, axis: int, length: float, canvas_px: Size) -> Follow:
    """Keep only what the window passes over, and decode it as large as the window is shown: each move is a shift."""
    low = min(starts)
    reach = max(starts) + length - low
    side_px = max(canvas_px[axis], whole_side(canvas_px[axis] * reach / length))
    shown = canvas_px[axis] / side_px
    keys = tuple(
        WindowKey(at_ms=at_ms, window=_along(axis, min(1 - shown, (start - low) / reach), shown))
        for start, at_ms in zip(starts, times_ms, strict=True)
    )
    place = low / (1 - reach) if reach < 1 else 0.5
    if axis == 0:
        return Follow((place, 0.5), (side_px, canvas_px[1]), keys)
    return Follow((0.5, place), (canvas_px[0], side_px), keys)


def _along(axis: int, start: float, length: float) -> Window:
    if axis == 0:
        return Window(x=start, y=0, width=length, height=1)
    return Window(x=0, y=start, width=1, height=length)


def in_crop(aim: Aim, *, picture_px: Size, shape: float) -> Pair:
    """Return where the subject is in what a crop to `shape` leaves of the picture."""
    axis, length = window_length(picture_px[0] / picture_px[1], shape)
    start = aim.place[axis] * (1 - length)
    along = min(1.0, max(0.0, (aim.subject[axis] - start) / length))
    return (along, aim.subject[1]) if axis == 0 else (aim.subject[0], along)


def _aim(seen: Saliency, picture_px: Size, shape: float) -> Aim:
    return Aim(crop_place(seen, picture_shape=picture_px[0] / picture_px[1], window_shape=shape), subject_of(seen))
