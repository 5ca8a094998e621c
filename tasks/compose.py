"""Make a scene's picture ready for the encode."""

from pathlib import Path

from blocks.store import ArtifactStore, open_store
from engines.errors import TrimOutOfRange
from engines.visuals.animations import make_mezzanine
from engines.visuals.motion import headroom, window_path
from engines.visuals.probe import require_visual
from engines.visuals.sniff import is_image, read_head
from engines.visuals.stills import make_plate, solid_plate
from models.encoding import FrameFormat
from models.media import MediaKind, Source
from models.shots import Footage, Framing, Plate, Shot
from tasks.errors import in_scene
from tasks.retries import step


@step(version=1, run_name="compose_clip: scene {number} of {total}", exclude=("number", "total"))
def compose_clip(source: Source, framing: Framing, video: FrameFormat, number: int, total: int) -> Shot:
    """Return the scene's shot: a still as a fitted plate, footage as a trimmed reference.

    Raises SceneError for a source that is no picture, or trimmed past its end.
    """
    store = open_store()
    with in_scene(number), store.scratch() as folder:
        picture = _picture(source, framing, video, store, folder)
    window_from, window_to = window_path(
        framing.still_motion if isinstance(picture, Plate) else framing.motion,
        picture_px=(picture.width_px, picture.height_px),
        canvas_px=(video.width_px, video.height_px),
    )
    return Shot(picture=picture, window_from=window_from, window_to=window_to)


def _picture(
    source: Source, framing: Framing, video: FrameFormat, store: ArtifactStore, folder: Path
) -> Plate | Footage:
    require_visual(source.info, source.uri)
    if source.info.kind is MediaKind.VIDEO:
        return _footage(source, framing, video, store, folder)
    plate = folder / "plate.npy"
    if source.blob is None:
        color = source.uri.removeprefix("color:")
        size = solid_plate(color, width_px=video.width_px, height_px=video.height_px, output=plate)
    else:
        size = make_plate(
            store.local_path(source.blob),
            width_px=video.width_px,
            height_px=video.height_px,
            fit=framing.fit,
            headroom=headroom(framing.still_motion),
            source=source.uri,
            output=plate,
        )
    blob = store.put(plate, "application/x-npy", move=True)
    return Plate(blob=blob, width_px=size[0], height_px=size[1])


def _footage(source: Source, framing: Framing, video: FrameFormat, store: ArtifactStore, folder: Path) -> Footage:
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
    zoom = headroom(framing.motion)
    return Footage(
        blob=blob,
        source=source.uri,
        start_ms=framing.start_ms,
        end_ms=end_ms,
        width_px=_multiple_of_4(video.width_px * zoom),
        height_px=_multiple_of_4(video.height_px * zoom),
        fit=framing.fit,
    )


def _multiple_of_4(pixels: float) -> int:
    return round(pixels / 4) * 4
