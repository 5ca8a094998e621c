"""Make a scene's picture ready for the encode."""

from pathlib import Path

from blocks.store import ArtifactStore, open_store
from engines.errors import TrimOutOfRange
from engines.visuals.animations import make_mezzanine
from engines.visuals.glances import ClipPart
from engines.visuals.motion import easing_of, room_for, window_path
from engines.visuals.probe import require_visual
from engines.visuals.sniff import is_image, read_head
from engines.visuals.split import split_sizes
from engines.visuals.stills import make_plate, solid_plate
from engines.visuals.subject import (
    MIDDLE,
    Aim,
    aim_at_clip,
    aim_at_still,
    follow_subject,
    in_crop,
    named_aim,
    seen_in_clip,
)
from models.encoding import FrameFormat
from models.media import MediaKind, Source
from models.shots import Footage, Framing, Plate, Shot, WindowKey
from models.spec import Fit, Focus, MotionName
from tasks.errors import in_scene
from tasks.retries import step

Size = tuple[int, int]
Pair = tuple[float, float]


@step(version=3, run_name="compose_clip: scene {number} of {total}", exclude=("number", "total"))
def compose_clip(
    source: Source, second: Source | None, framing: Framing, video: FrameFormat, number: int, total: int
) -> Shot:
    """Return the scene's shot: a still as a fitted plate, footage as a trimmed reference; or two that share the screen.

    Raises SceneError for a source that is no picture, or trimmed past its end.
    """
    store = open_store()
    with in_scene(number), store.scratch() as folder:
        if second is None:
            return _shot(source, framing, (video.width_px, video.height_px), store, folder)
        sizes = split_sizes(video.width_px, video.height_px)
        beside = _shot(second, framing.model_copy(update={"start_ms": 0, "end_ms": None}), sizes[1], store, folder)
        return _shot(source, framing, sizes[0], store, folder).model_copy(update={"second": beside})


def _shot(source: Source, framing: Framing, size: Size, store: ArtifactStore, folder: Path) -> Shot:
    require_visual(source.info, source.uri)
    if source.info.kind is MediaKind.VIDEO:
        return _clip(source, framing, size, store, folder)
    return _still(source, framing, size, store, folder)


def _still(source: Source, framing: Framing, size: Size, store: ArtifactStore, folder: Path) -> Shot:
    plate = folder / "plate.npy"
    room, subject = (1.0, 1.0), MIDDLE
    motion = framing.still_motion if source.blob else MotionName.NONE
    if source.blob is None:
        color = source.uri.removeprefix("color:")
        made = solid_plate(color, width_px=size[0], height_px=size[1], output=plate)
    else:
        path = store.local_path(source.blob)
        room = room_for(motion, picture_px=_shown_px(source), canvas_px=size, fit=framing.fit)
        aim, shape = Aim(), size[0] * room[0] / (size[1] * room[1])
        if framing.fit is Fit.COVER:
            aim = (
                aim_at_still(path, picture_px=_shown_px(source), shape=shape, source=source.uri)
                if framing.focus is Focus.AUTO
                else named_aim(framing.focus)
            )
            subject = in_crop(aim, picture_px=_shown_px(source), shape=shape)
        made = make_plate(
            path, canvas_px=size, fit=framing.fit, room=room, focus=aim.place, source=source.uri, output=plate
        )
    picture = Plate(blob=store.put(plate, "application/x-npy", move=True), width_px=made[0], height_px=made[1])
    return _moved(picture, framing, motion, size, room, subject)


def _clip(source: Source, framing: Framing, size: Size, store: ArtifactStore, folder: Path) -> Shot:
    """Return footage as a trimmed reference; its window follows a subject that would leave one that rests."""
    assert source.blob is not None
    blob, duration_ms = source.blob, source.info.duration_ms
    path = store.local_path(blob)
    if is_image(read_head(path)):  # an animation: the decoder wants real footage
        path = folder / "animation.mkv"
        duration_ms = make_mezzanine(store.local_path(blob), source=source.uri, output=path)
        blob = store.put(path, "video/x-matroska", move=True)
        path = store.local_path(blob)
    end_ms = framing.end_ms or duration_ms
    if framing.start_ms >= duration_ms or end_ms > duration_ms:
        raise TrimOutOfRange(source=source.uri, start_ms=framing.start_ms, end_ms=end_ms, duration_ms=duration_ms)
    picture_px = _shown_px(source)
    room = room_for(framing.motion, picture_px=picture_px, canvas_px=size, fit=framing.fit)
    footage = Footage(
        blob=blob,
        source=source.uri,
        start_ms=framing.start_ms,
        end_ms=end_ms,
        width_px=_multiple_of_4(size[0] * room[0]),
        height_px=_multiple_of_4(size[1] * room[1]),
        fit=framing.fit,
    )
    if framing.fit is not Fit.COVER:
        return _moved(footage, framing, framing.motion, size, room, MIDDLE)
    return _aimed(footage, path, framing, size, room, picture_px)


def _aimed(footage: Footage, path: Path, framing: Framing, size: Size, room: Pair, picture_px: Size) -> Shot:
    shape = size[0] * room[0] / (size[1] * room[1])
    if framing.focus is not Focus.AUTO:
        aim, follow = named_aim(framing.focus), None
    else:
        part = ClipPart(path, footage.start_ms, footage.end_ms, footage.source)
        glimpses = seen_in_clip(part)
        aim = aim_at_clip(glimpses, picture_px=picture_px, shape=shape)
        rests = framing.motion is MotionName.NONE
        follow = follow_subject(part, glimpses, aim, picture_px=picture_px, canvas_px=size) if rests else None
    if follow:
        return _moved(
            footage.cropped(follow.place, follow.size_px), framing, framing.motion, size, room, MIDDLE, follow.keys
        )
    subject = in_crop(aim, picture_px=picture_px, shape=shape)
    cropped = footage.cropped(aim.place, (footage.width_px, footage.height_px))
    return _moved(cropped, framing, framing.motion, size, room, subject)


def _moved(
    picture: Plate | Footage,
    framing: Framing,
    motion: MotionName,
    size: Size,
    room: Pair,
    subject: Pair,
    follow: tuple[WindowKey, ...] = (),
) -> Shot:
    """Return the shot of a picture that is `room` canvases large: the windows of its move, its looks."""
    picture_px = (picture.width_px, picture.height_px)
    start, end = window_path(motion, picture_px=picture_px, canvas_px=size, room=room, focus=subject)
    easing = easing_of(motion, framing.easing)
    return Shot(picture=picture, window_from=start, window_to=end, easing=easing, looks=framing.looks, follow=follow)


def _shown_px(source: Source) -> Size:
    return source.info.width_px, source.info.height_px


def _multiple_of_4(pixels: float) -> int:
    return round(pixels / 4) * 4
