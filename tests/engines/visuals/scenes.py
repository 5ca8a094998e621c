"""Small scenes for the tests of what encodes and joins them."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from engines.visuals.encoder import OverlayFiles
from engines.visuals.planar import Frame
from engines.visuals.segment import Chunk, Outgoing, Scene, burn_chunk
from engines.visuals.shots import LoadedShot
from models.artifacts import ArtifactRef
from models.encoding import VideoSettings
from models.shots import Footage, Plate, Shot
from tests.media import constant_rate, make_video

FPS = Fraction(30)
VIDEO = VideoSettings(width_px=128, height_px=96, fps=FPS, preset="veryfast", crf=4)
REF = ArtifactRef(uri="x", sha256="0" * 64, size=1, media_type="x")


def grey(level: int) -> Frame:
    """A frame of one grey."""
    height, width = VIDEO.height_px, VIDEO.width_px
    return np.vstack([np.full((height, width), level, np.uint8), np.full((height // 2, width), 128, np.uint8)])


def plate(path: Path, frame: Frame) -> LoadedShot:
    """A still of the canvas' size."""
    np.save(path, frame)
    return LoadedShot(Shot(picture=Plate(blob=REF, width_px=frame.shape[1], height_px=frame.shape[0] * 2 // 3)), path)


def counted(
    path: Path, frames: int, *, start_ms: int = 0, end_ms: int | None = None, gop: int = 250, fps: Fraction = FPS
) -> LoadedShot:
    """A clip of `frames` frames that tell their number, or a part of it."""
    make_video(path, pts_ms=constant_rate(frames, fps), size=(VIDEO.width_px, VIDEO.height_px), gop=gop)
    footage = Footage(
        blob=REF,
        start_ms=start_ms,
        end_ms=end_ms or round(frames * 1000 / fps),
        width_px=VIDEO.width_px,
        height_px=VIDEO.height_px,
        source=path.name,
    )
    return LoadedShot(Shot(picture=footage), path)


def scene(
    loaded: LoadedShot, frame_count: int, *, outgoing: Outgoing | None = None, video: VideoSettings = VIDEO
) -> Scene:
    """A scene with nothing over it."""
    return Scene(
        loaded,
        frame_count=frame_count,
        outgoing=outgoing,
        overlays=OverlayFiles(),
        video=video,
        longest_chunk_ms=2_500,
    )


def burn(wanted: Scene, output: Path, *, chunk: Chunk | None = None, timeout_s: float = 60) -> Path:
    """Encode a scene, in one piece unless told otherwise."""
    burn_chunk(wanted, chunk or Chunk(0, wanted.frame_count), output=output, timeout_s=timeout_s)
    return output
