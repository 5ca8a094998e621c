"""Join the scenes and the sound; pick the poster."""

import numpy as np
from numpy.typing import NDArray

from blocks.store import open_store
from engines.subtitles.fonts import find_fonts
from engines.timebase import frame_to_ms
from engines.visuals import assemble
from engines.visuals.lettering import Letters
from engines.visuals.poster import make_poster as draw_poster
from engines.visuals.poster_frame import candidates
from engines.visuals.poster_score import frame_score
from engines.visuals.segment import near_key_frame, shot_frame
from engines.visuals.shots import LoadedShot
from models.artifacts import ArtifactRef
from models.encoding import VideoSettings
from models.graphics import Look, PosterLayout
from models.report import Video
from models.shots import EncodedScene, Shot
from tasks.library import HEADING_WEIGHT, caption_library
from tasks.retries import step
from tasks.shots import load_shot

MEDIA_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".mkv": "video/x-matroska"}


@step(version=4, run_name="assemble_video")
def assemble_video(
    scenes: tuple[EncodedScene, ...],
    sound: ArtifactRef,
    video: VideoSettings,
    title: str,
    name: str,
    edit_lists: bool = True,
) -> Video:
    """Return the finished file called `name`: every scene and the sound, joined by stream copy.

    An MP4 without `edit_lists` is what some platforms ask for.
    """
    store = open_store()
    files = [
        assemble.SegmentFile(store.local_path(segment.blob), segment.frame_count)
        for scene in scenes
        for segment in scene.segments
    ]
    frame_count = sum(scene.frame_count for scene in scenes)
    with store.scratch() as folder:
        output = folder / name
        audio = store.local_path(sound)
        assemble.assemble_video(files, audio=audio, fps=video.fps, title=title, output=output, edit_lists=edit_lists)
        return Video(
            name=name,
            encoder=video.encoder,
            blob=store.put(output, MEDIA_TYPES[output.suffix], move=True),
            width_px=video.width_px,
            height_px=video.height_px,
            fps=str(video.fps),
            frame_count=frame_count,
            duration_ms=frame_to_ms(frame_count, video.fps),
        )


@step(version=11, run_name="make_poster")
def make_poster(
    shots: tuple[Shot, ...],
    frame_counts: tuple[int, ...],
    video: VideoSettings,
    title: str,
    layout: PosterLayout,
    look: Look,
    library: str,
) -> ArtifactRef:
    """Return a JPEG of the best of some frames of the scenes, with the title on it. Raises FontUnknown."""
    store = open_store()
    loaded = [load_shot(store, shot) for shot in shots]
    frames = (
        _frame(loaded[scene], frame, frame_counts[scene], video) for scene, frame in candidates(shots, frame_counts)
    )
    fonts = find_fonts(
        look.font, weight=HEADING_WEIGHT, fonts_dirs=caption_library().fonts_dirs, emoji=caption_library().emoji
    )
    with store.scratch() as folder:
        output = folder / "poster.jpg"
        draw_poster(
            max(frames, key=frame_score),
            title=title,
            letters=Letters(tuple(face.path for face in fonts.faces if not face.is_emoji), fonts.emoji),
            layout=layout,
            look=look,
            output=output,
        )
        return store.put(output, "image/jpeg", move=True)


def _frame(loaded: LoadedShot, number: int, frame_count: int, video: VideoSettings) -> NDArray[np.uint8]:
    """Return a frame of a shot, of footage the key frame nearest to it: a clip is not decoded for a poster."""
    number = near_key_frame(loaded, number=number, frame_count=frame_count, video=video)
    return shot_frame(loaded, number=number, frame_count=frame_count, video=video)
