"""Single frames, exactly as the encode gets them."""

from blocks.store import open_store
from engines.timebase import frame_to_ms
from engines.visuals.contact_sheet import Strip
from engines.visuals.contact_sheet import make_contact_sheet as lay_out
from engines.visuals.segment import draw_frame as draw
from models.artifacts import ArtifactRef
from models.encoding import VideoSettings
from models.overlays import Overlays
from models.shots import Previous, Shot
from models.timeline import Timeline
from tasks.burn import load_scene
from tasks.errors import in_scene
from tasks.library import FONTS_DIR
from tasks.retries import step
from tasks.slots import encode_slot

TIMEOUT_S = 60.0
LABEL_FONT = FONTS_DIR / "Montserrat-ExtraBold.ttf"


@step(version=2, run_name="draw_frame: {frame} of scene {number} of {total}", exclude=("number", "total"))
def draw_frame(
    shot: Shot,
    previous: Previous | None,
    overlays: Overlays,
    frame_count: int,
    video: VideoSettings,
    frame: int,
    number: int,
    total: int,
) -> ArtifactRef:
    """Return frame `frame` of a scene as PNG, with its transition and all that is drawn over it."""
    store = open_store()
    with in_scene(number), store.scratch() as folder, encode_slot():
        output = folder / "frame.png"
        scene = load_scene(shot, previous, overlays, frame_count, video, folder)
        draw(scene, frame, output=output, timeout_s=TIMEOUT_S)
        return store.put(output, "image/png", move=True)


@step(version=1, run_name="make_contact_sheet")
def make_contact_sheet(
    frames: tuple[tuple[ArtifactRef, ...], ...], names: tuple[str, ...], timeline: Timeline
) -> ArtifactRef:
    """Return a PNG with the frames of every scene, under the scene's number (or what it is) and start."""
    store = open_store()
    strips = [
        Strip(
            f"{name} \u00b7 {frame_to_ms(slot.start_frame, timeline.fps) / 1000:.1f} s",
            [store.local_path(frame) for frame in of_scene],
        )
        for slot, name, of_scene in zip(timeline.slots, names, frames, strict=True)
    ]
    with store.scratch() as folder:
        output = folder / "sheet.png"
        lay_out(strips, font=LABEL_FONT, output=output)
        return store.put(output, "image/png", move=True)
