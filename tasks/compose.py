"""Make a scene's picture ready for the encode."""

from pathlib import Path

from blocks.store import ArtifactStore, open_store
from engines.errors import TrimOutOfRange
from engines.sniff import is_image, read_head
from engines.visuals.animations import make_mezzanine
from engines.visuals.framing import Framed, frame_clip, frame_still
from engines.visuals.glances import ClipPart
from engines.visuals.motion import easing_of
from engines.visuals.probe import require_visual
from engines.visuals.split import split_sizes
from engines.visuals.stills import solid_plate
from models.encoding import FrameFormat
from models.graphics import SceneRole
from models.media import MediaKind, Source
from models.picture import MotionName
from models.shots import Footage, Framing, Plate, Shot
from tasks.errors import in_scene
from tasks.retries import step

Size = tuple[int, int]


@step(version=3, run_name="compose_clip: scene {number} of {total}", exclude=("number", "total", "role"))
def compose_clip(
    source: Source,
    second: Source | None,
    framing: Framing,
    video: FrameFormat,
    number: int,
    total: int,
    role: SceneRole = SceneRole.CONTENT,
) -> Shot:
    """Return the scene's shot: a still as a fitted plate, footage as a trimmed reference; or two that share the screen.

    Raises SceneError for a source that is no picture, or trimmed past its end.
    """
    store = open_store()
    with in_scene(number, role), store.scratch() as folder:
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
    if source.blob is None:
        color = source.uri.removeprefix("color:")
        made = solid_plate(color, width_px=size[0], height_px=size[1], output=plate)
        return Shot(picture=_stored(plate, made, store), looks=framing.looks)
    framed = frame_still(
        store.local_path(source.blob),
        framing,
        picture_px=(source.info.width_px, source.info.height_px),
        canvas_px=size,
        source=source.uri,
        output=plate,
    )
    return _moving(_stored(plate, framed.size_px, store), framed, framing, framing.still_motion)


def _stored(plate: Path, size: Size, store: ArtifactStore) -> Plate:
    return Plate(blob=store.put(plate, "application/x-npy", move=True), width_px=size[0], height_px=size[1])


def _clip(source: Source, framing: Framing, size: Size, store: ArtifactStore, folder: Path) -> Shot:
    assert source.blob is not None
    blob, duration_ms = source.blob, source.info.duration_ms
    if is_image(read_head(store.local_path(blob))):  # an animation: the decoder wants real footage
        mezzanine = folder / "animation.mkv"
        duration_ms = make_mezzanine(store.local_path(blob), source=source.uri, output=mezzanine)
        blob = store.put(mezzanine, "video/x-matroska", move=True)
    end_ms = framing.end_ms or duration_ms
    if framing.start_ms >= duration_ms or end_ms > duration_ms:
        raise TrimOutOfRange(source=source.uri, start_ms=framing.start_ms, end_ms=end_ms, duration_ms=duration_ms)
    framed = frame_clip(
        ClipPart(store.local_path(blob), framing.start_ms, end_ms, source.uri, framing.watched_ms),
        framing,
        picture_px=(source.info.width_px, source.info.height_px),
        canvas_px=size,
    )
    footage = Footage(
        blob=blob,
        source=source.uri,
        start_ms=framing.start_ms,
        end_ms=end_ms,
        width_px=framed.size_px[0],
        height_px=framed.size_px[1],
        fit=framing.fit,
        focus_x=framed.place[0],
        focus_y=framed.place[1],
    )
    return _moving(footage, framed, framing, framing.motion)


def _moving(picture: Plate | Footage, framed: Framed, framing: Framing, motion: MotionName) -> Shot:
    return Shot(
        picture=picture,
        window_from=framed.start,
        window_to=framed.end,
        easing=easing_of(motion, framing.easing),
        follow=framed.follow,
        looks=framing.looks,
    )
