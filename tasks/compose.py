"""Make a scene's picture ready for the encode."""

from pathlib import Path

from blocks.store import ArtifactStore, open_store
from engines.errors import TrimOutOfRange
from engines.visuals.animations import make_mezzanine
from engines.visuals.motion import easing_of, room_for, window_path
from engines.visuals.probe import require_visual
from engines.visuals.sniff import is_image, read_head
from engines.visuals.split import split_sizes
from engines.visuals.stills import make_plate, solid_plate
from models.encoding import FrameFormat
from models.media import MediaKind, Source
from models.shots import Footage, Framing, Plate, Shot
from models.spec import MotionName
from tasks.errors import in_scene
from tasks.retries import step

Size = tuple[int, int]


@step(version=2, run_name="compose_clip: scene {number} of {total}", exclude=("number", "total"))
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
    picture: Plate | Footage
    if source.info.kind is MediaKind.VIDEO:
        motion = framing.motion
        picture = _footage(source, framing, size, store, folder)
    else:
        motion = framing.still_motion if source.blob else MotionName.NONE
        picture = _plate(source, framing, motion, size, store, folder)
    room = _room(source, framing, motion, size)
    picture_px = (picture.width_px, picture.height_px)
    start, end = window_path(motion, picture_px=picture_px, canvas_px=size, room=room)
    easing = easing_of(motion, framing.easing)
    return Shot(picture=picture, window_from=start, window_to=end, easing=easing, looks=framing.looks)


def _room(source: Source, framing: Framing, motion: MotionName, size: Size) -> tuple[float, float]:
    if source.blob is None:
        return 1.0, 1.0
    picture_px = (source.info.width_px, source.info.height_px)
    return room_for(motion, picture_px=picture_px, canvas_px=size, fit=framing.fit)


def _plate(
    source: Source, framing: Framing, motion: MotionName, size: Size, store: ArtifactStore, folder: Path
) -> Plate:
    plate = folder / "plate.npy"
    if source.blob is None:
        color = source.uri.removeprefix("color:")
        made = solid_plate(color, width_px=size[0], height_px=size[1], output=plate)
    else:
        made = make_plate(
            store.local_path(source.blob),
            canvas_px=size,
            fit=framing.fit,
            room=_room(source, framing, motion, size),
            source=source.uri,
            output=plate,
        )
    blob = store.put(plate, "application/x-npy", move=True)
    return Plate(blob=blob, width_px=made[0], height_px=made[1])


def _footage(source: Source, framing: Framing, size: Size, store: ArtifactStore, folder: Path) -> Footage:
    assert source.blob is not None
    blob, duration_ms = source.blob, source.info.duration_ms
    path = store.local_path(blob)
    if is_image(read_head(path)):  # an animation: the decoder wants real footage
        mezzanine = folder / "animation.mkv"
        duration_ms = make_mezzanine(path, source=source.uri, output=mezzanine)
        blob = store.put(mezzanine, "video/x-matroska", move=True)
    end_ms = framing.end_ms or duration_ms
    if framing.start_ms >= duration_ms or end_ms > duration_ms:
        raise TrimOutOfRange(source=source.uri, start_ms=framing.start_ms, end_ms=end_ms, duration_ms=duration_ms)
    room = _room(source, framing, framing.motion, size)
    return Footage(
        blob=blob,
        source=source.uri,
        start_ms=framing.start_ms,
        end_ms=end_ms,
        width_px=_multiple_of_4(size[0] * room[0]),
        height_px=_multiple_of_4(size[1] * room[1]),
        fit=framing.fit,
    )


def _multiple_of_4(pixels: float) -> int:
    return round(pixels / 4) * 4
