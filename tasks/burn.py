"""Burn a scene: the one lossy encode."""

from blocks.store import ArtifactStore, open_store
from engines.visuals.encoder import CaptionFiles
from engines.visuals.segment import Outgoing, Scene, burn_segment
from engines.visuals.shots import LoadedShot
from models.artifacts import ArtifactRef
from models.encoding import VideoSettings
from models.shots import Previous, Segment, Shot
from tasks.errors import in_scene
from tasks.library import FONTS_DIR
from tasks.retries import step
from tasks.slots import encode_slot

START_TIMEOUT_S = 60
FRAME_TIMEOUT_S = 0.5


@step(version=1, run_name="burn_subtitles: scene {number} of {total}", exclude=("number", "total"))
def burn_subtitles(
    shot: Shot,
    previous: Previous | None,
    captions: ArtifactRef | None,
    frame_count: int,
    video: VideoSettings,
    library: str | None,
    number: int,
    total: int,
) -> Segment:
    """Return the scene, encoded: its shot, the transition into it, its captions.

    `library` is the version of the fonts that the captions are drawn with (None without captions).
    """
    store = open_store()
    with in_scene(number), encode_slot(), store.scratch() as folder:
        output = folder / "segment.mp4"
        scene = Scene(
            _loaded(store, shot),
            frame_count=frame_count,
            outgoing=None if previous is None else _outgoing(store, previous),
            captions=None if captions is None else CaptionFiles(store.local_path(captions), FONTS_DIR),
            video=video,
        )
        burn_segment(scene, output=output, timeout_s=START_TIMEOUT_S + frame_count * FRAME_TIMEOUT_S)
        return Segment(blob=store.put(output, "video/mp4", move=True), frame_count=frame_count)


def _loaded(store: ArtifactStore, shot: Shot) -> LoadedShot:
    return LoadedShot(shot, store.local_path(shot.picture.blob))


def _outgoing(store: ArtifactStore, previous: Previous) -> Outgoing:
    return Outgoing(_loaded(store, previous.shot), previous.frame_count, previous.transition_frames)
