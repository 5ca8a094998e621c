"""What a scene's wishes mean for one picture: where it is cropped, how large it is kept, where the camera goes."""

from pathlib import Path
from typing import NamedTuple

from engines.visuals.geometry import MIDDLE, Pair, Size, whole_side
from engines.visuals.glances import ClipPart
from engines.visuals.motion import room_for, window_path
from engines.visuals.stills import make_plate
from engines.visuals.subject import (
    Aim,
    Follow,
    aim_at_clip,
    aim_at_still,
    follow_subject,
    in_crop,
    named_aim,
    seen_in_clip,
)
from models.picture import Fit, Focus, MotionName
from models.shots import Framing, Window, WindowKey


class Framed(NamedTuple):
    """A picture's size once it is fitted, where it was cropped (see `Footage`), and its windows at start and end."""

    size_px: Size
    place: Pair
    start: Window
    end: Window
    follow: tuple[WindowKey, ...] = ()


def frame_still(
    image: Path, framing: Framing, *, picture_px: Size, canvas_px: Size, source: str, output: Path
) -> Framed:
    """Fit a still to a canvas, as `make_plate` does. Raises SourceUnreadable, SourceTooLarge."""
    motion, fit = framing.still_motion, framing.fit
    room = room_for(motion, picture_px=picture_px, canvas_px=canvas_px, fit=fit)
    shape = _shape(canvas_px, room)
    if fit is not Fit.COVER:
        aim = Aim()
    elif framing.focus is not Focus.AUTO:
        aim = named_aim(framing.focus)
    else:
        aim = aim_at_still(image, picture_px=picture_px, shape=shape, source=source)
    size_px = make_plate(image, canvas_px=canvas_px, fit=fit, room=room, focus=aim.place, source=source, output=output)
    subject = in_crop(aim, picture_px=picture_px, shape=shape) if fit is Fit.COVER else MIDDLE
    start, end = window_path(motion, picture_px=size_px, canvas_px=canvas_px, room=room, focus=subject)
    return Framed(size_px, aim.place, start, end)


def frame_clip(part: ClipPart, framing: Framing, *, picture_px: Size, canvas_px: Size) -> Framed:
    """Say how a part of a clip is decoded; its window follows a subject that would leave one that rests."""
    motion = framing.motion
    room = room_for(motion, picture_px=picture_px, canvas_px=canvas_px, fit=framing.fit)
    size_px = whole_side(canvas_px[0] * room[0]), whole_side(canvas_px[1] * room[1])
    aim, follow = Aim(), None
    if framing.fit is Fit.COVER:
        aim, follow = _watched(part, framing, _shape(canvas_px, room), picture_px=picture_px, canvas_px=canvas_px)
    subject = in_crop(aim, picture_px=picture_px, shape=_shape(canvas_px, room)) if framing.fit is Fit.COVER else MIDDLE
    start, end = window_path(motion, picture_px=size_px, canvas_px=canvas_px, room=room, focus=subject)
    if follow:
        return Framed(follow.size_px, follow.place, start, end, follow.keys)
    return Framed(size_px, aim.place, start, end)


def _watched(
    part: ClipPart, framing: Framing, shape: float, *, picture_px: Size, canvas_px: Size
) -> tuple[Aim, Follow | None]:
    if framing.focus is not Focus.AUTO:
        return named_aim(framing.focus), None
    glimpses = seen_in_clip(part)
    aim = aim_at_clip(glimpses, picture_px=picture_px, shape=shape)
    if framing.motion is not MotionName.NONE:
        return aim, None
    return aim, follow_subject(part, glimpses, aim, picture_px=picture_px, canvas_px=canvas_px)


def _shape(canvas_px: Size, room: Pair) -> float:
    return canvas_px[0] * room[0] / (canvas_px[1] * room[1])
