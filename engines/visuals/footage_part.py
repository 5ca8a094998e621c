"""A trimmed part of a video, and how ffmpeg is told to decode it canvas-ready from any of its frames on."""

from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from engines.ffmpeg_arguments import safe_input
from engines.sniff import footage_demuxer
from engines.timebase import frames_nearest, frames_reaching
from engines.visuals.footage_filters import Track, filter_graph, read_track
from engines.visuals.geometry import MIDDLE, Pair
from engines.visuals.key_frames import key_frame_times
from models.picture import Fit

# Containers with an index of key frames. In the others a seek may land inside a group of pictures, so it aims earlier.
_INDEXED = frozenset({"mov", "matroska", "avi"})
_SEEK_MARGIN_S = 10


class Decoding(NamedTuple):
    """ffmpeg's arguments that open the file as its next input, and the filters that its video track goes through."""

    input_arguments: list[str]
    graph: str


class FootagePart:
    """The time from start_ms to end_ms of a video, as I420 frames (BT.709, limited range) at a constant rate.

    Frame i shows what the source shows at start_ms + i / fps (a source frame that begins within the half of an output
    frame after that counts as shown). Times count from the container's start. Errors name `source`, or else the file.
    `cover` crops at `focus`: how far from the left and the top, 0 to 1, of what is left over.
    """

    def __init__(
        self,
        path: Path,
        *,
        start_ms: int,
        end_ms: int,
        fps: Fraction,
        size: tuple[int, int],
        fit: Fit = Fit.COVER,
        focus: Pair = MIDDLE,
        source: str = "",
    ) -> None:
        self.path, self.source = path, source or path.name
        self.start_ms, self.end_ms, self.fps = start_ms, end_ms, fps
        self.size, self.fit, self.focus = size, fit, focus
        self.frame_count = max(1, frames_nearest(end_ms - start_ms, fps))

    def decoding(self, first_frame: int, *, threads: int = 1) -> Decoding:
        """Return how to decode the part from `first_frame` on. Raises SourceUnreadable for what is no video."""
        wanted_s = Fraction(self.start_ms, 1000) + first_frame / self.fps
        seek_s = wanted_s if self._demuxer in _INDEXED else max(Fraction(0), wanted_s - _SEEK_MARGIN_S)
        # Without -noaccurate_seek ffmpeg would drop the frame that began before the wanted time and is still shown
        # then; the fps filter of the graph picks the exact frame instead.
        arguments = [
            *("-threads", str(threads), "-noaccurate_seek", "-ss", f"{float(seek_s):.6f}"),
            *("-reinit_filter", "0" if self._track.size_px else "1"),
            *safe_input(self.path, demuxer=self._demuxer),
        ]
        graph = filter_graph(
            self._track, fps=self.fps, first_s=wanted_s - seek_s, size=self.size, fit=self.fit, focus=self.focus
        )
        return Decoding(arguments, graph)

    def entries(self) -> tuple[int, ...]:
        """Return the frames after the first at which decoding can begin without decoding others before, in order.

        They follow the key frames of the file. Raises SourceUnreadable for what is no video.
        """
        start_s = Fraction(self.start_ms, 1000)
        keys_s = key_frame_times(
            self.path, demuxer=self._demuxer, start_ms=self.start_ms, end_ms=self.end_ms, source=self.source
        )
        frames = {frames_reaching(key_s - start_s, self.fps) for key_s in keys_s}
        return tuple(sorted(frame for frame in frames if 0 < frame < self.frame_count))

    @cached_property
    def _demuxer(self) -> str:
        return footage_demuxer(self.path, source=self.source)

    @cached_property
    def _track(self) -> Track:
        return read_track(self.path, demuxer=self._demuxer, source=self.source)
