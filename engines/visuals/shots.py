"""Shots as MoviePy clips of planar frames: effects and timing are MoviePy's, and no frame is converted."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from moviepy import VideoClip

from engines.timebase import frame_to_seconds, seconds_to_frame
from engines.visuals.catalogue import look
from engines.visuals.effects.camera import CameraMove
from engines.visuals.footage import FootageReader
from engines.visuals.footage_part import FootagePart
from engines.visuals.planar import Frame, new_frame
from engines.visuals.split import is_stacked, joined, split_sizes
from models.encoding import FrameFormat
from models.shots import FULL_WINDOW, Footage, Plate, Shot


class LoadedShot(NamedTuple):
    """A shot and the local file that holds its picture; and the same of the shot that shares the screen with it."""

    shot: Shot
    path: Path
    second: "LoadedShot | None" = None


class PlanarClip(VideoClip):
    """A MoviePy clip of I420 frames: `get_frame(t)` has shape (h * 3 // 2, w), `size` is the picture's."""

    def __init__(self, *, size: tuple[int, int], fps: Fraction, frame_count: int) -> None:
        super().__init__(duration=frame_to_seconds(frame_count, fps))
        self.size = size
        self.fps = float(fps)


class PlateClip(PlanarClip):
    """A still plate: every frame is the same array."""

    def __init__(self, plate: Plate, path: Path, *, fps: Fraction, frame_count: int) -> None:
        super().__init__(size=(plate.width_px, plate.height_px), fps=fps, frame_count=frame_count)
        frame = np.load(path)
        self.frame_function = lambda t: frame


class FootageClip(PlanarClip):
    """Footage decoded as it is asked for: from any frame on forwards (asking again for a frame is free)."""

    def __init__(self, part: FootagePart, *, frame_count: int, first_frame: int = 0) -> None:
        super().__init__(size=part.size, fps=part.fps, frame_count=frame_count)
        self._part, self._first, self._count = part, first_frame, frame_count
        self._next = 0
        self._frame: Frame | None = None
        self._reader: FootageReader | None = None
        self.frame_function = self._frame_at

    def _frame_at(self, t: float) -> Frame:
        wanted = seconds_to_frame(t, self._part.fps)
        if self._reader is None:
            count = self._count - wanted
            self._reader = FootageReader(self._part, first_frame=self._first + wanted, frame_count=count)
            self._next = wanted
        if wanted < self._next - 1:
            raise ValueError(f"frame {wanted} was asked for after frame {self._next - 1}: footage plays forwards")
        while self._next <= wanted:
            self._frame = self._reader.read()
            self._next += 1
        assert self._frame is not None
        return self._frame

    def close(self) -> None:
        """End the decoder."""
        if self._reader is not None:
            self._reader.close()


class SplitClip(PlanarClip):
    """Clips that share the screen, one below the other, or side by side where the canvas is wide."""

    def __init__(
        self,
        opened: Sequence[tuple[PlanarClip, VideoClip]],
        *,
        size: tuple[int, int],
        fps: Fraction,
        frame_count: int,
    ) -> None:
        super().__init__(size=size, fps=fps, frame_count=frame_count)
        self._sources = [source for source, _ in opened]
        shown = [clip for _, clip in opened]
        out, stacked = new_frame(*size), is_stacked(*size)
        self.frame_function = lambda t: joined([clip.get_frame(t) for clip in shown], out, stacked=stacked)

    def close(self) -> None:
        """End the decoders."""
        for source in self._sources:
            source.close()


def footage_part(footage: Footage, path: Path, fps: Fraction) -> FootagePart:
    """Return the part of the file at `path` that a shot plays."""
    return FootagePart(
        path,
        start_ms=footage.start_ms,
        end_ms=footage.end_ms,
        fps=fps,
        size=(footage.width_px, footage.height_px),
        fit=footage.fit,
        focus=(footage.focus_x, footage.focus_y),
        source=footage.source,
    )


def is_plain(shot: Shot, video: FrameFormat) -> bool:
    """Return whether a shot is a picture of the canvas' size, shown whole and as it is."""
    return _is_still_camera(shot, video.width_px, video.height_px) and not shot.looks and shot.second is None


def open_shot(
    loaded: LoadedShot, video: FrameFormat, *, frame_count: int, first_frame: int = 0
) -> tuple[PlanarClip, VideoClip]:
    """Return the clip to close in the end, and the canvas-sized clip to play: the first seen through its camera.

    `first_frame` is where footage starts to play, in frames from the start of its part.
    """
    if loaded.second is None:
        sides = [(video.width_px, video.height_px)]
    else:
        sides = split_sizes(video.width_px, video.height_px)
    opened = [
        _open_side(side, video.fps, size, frame_count=frame_count, first_frame=first_frame)
        for side, size in zip(_sides(loaded), sides, strict=True)
    ]
    if loaded.second is None:
        source, clip = opened[0]
    else:
        source = clip = SplitClip(
            opened, size=(video.width_px, video.height_px), fps=video.fps, frame_count=frame_count
        )
    return source, clip.with_effects([look(use) for use in loaded.shot.looks]) if loaded.shot.looks else clip


def _sides(loaded: LoadedShot) -> list[LoadedShot]:
    return [loaded, *(_sides(loaded.second) if loaded.second else [])]


def _open_side(
    loaded: LoadedShot, fps: Fraction, size: tuple[int, int], *, frame_count: int, first_frame: int
) -> tuple[PlanarClip, VideoClip]:
    picture = loaded.shot.picture
    source: PlanarClip
    if isinstance(picture, Plate):
        source = PlateClip(picture, loaded.path, fps=fps, frame_count=frame_count)
    else:
        part = footage_part(picture, loaded.path, fps)
        source = FootageClip(part, frame_count=frame_count, first_frame=first_frame)
    if _is_still_camera(loaded.shot, *size):
        return source, source
    # Half a frame on, since a rate is converted to the nearest frames: the window cuts when its footage does.
    played_s = frame_to_seconds(first_frame, fps) + (0.5 / float(fps) if loaded.shot.follow else 0.0)
    return source, source.with_effects([CameraMove(loaded.shot, *size, played_s=played_s)])


def _is_still_camera(shot: Shot, width_px: int, height_px: int) -> bool:
    at_rest = shot.window_from == shot.window_to == FULL_WINDOW and not shot.follow
    return at_rest and (shot.picture.width_px, shot.picture.height_px) == (width_px, height_px)
