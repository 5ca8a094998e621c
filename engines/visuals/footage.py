"""Footage decoded while it is encoded: canvas-ready I420 frames at the canvas' rate, one after the other."""

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np

from engines import ffmpeg
from engines.errors import FfmpegFailed, SourceUnreadable
from engines.timebase import frame_to_ms, frames_nearest
from engines.visuals.color import Pixels
from engines.visuals.footage_filters import Track, filter_graph, read_track
from engines.visuals.sniff import footage_demuxer
from models.spec import Fit

# Containers with an index of key frames. In the others a seek may land inside a group of pictures, so it aims earlier.
_INDEXED = frozenset({"mov", "matroska", "avi"})
_SEEK_MARGIN_S = 10
_MISSING_END_MS = 500
_KEPT_FRAMES = 8


class FootageReader:
    """A part of a video as I420 frames (BT.709, limited range), upright, fitted to a canvas, at a constant rate.

    Frame i shows what the source shows at start_ms + i / fps (a source frame that begins within the half of an output
    frame after that counts as shown). The part runs from start_ms to end_ms of the container's clock and is played
    again from its start for ever; `offset_ms` is where in it to begin. Errors name `source`, or else the file.
    """

    def __init__(  # noqa: PLR0913 - settings by name, each with its own meaning
        self,
        path: Path,
        *,
        start_ms: int,
        end_ms: int,
        fps: Fraction,
        width_px: int,
        height_px: int,
        fit: Fit = Fit.COVER,
        offset_ms: int = 0,
        source: str = "",
        threads: int = 1,
        timeout_s: float = 3600.0,
    ) -> None:
        self.part_frames = max(1, frames_nearest(end_ms - start_ms, fps))
        self._path, self._source = path, source or path.name
        self._start_ms, self._end_ms, self._fps = start_ms, end_ms, fps
        self._size, self._fit = (width_px, height_px), fit
        self._threads, self._timeout_s = threads, timeout_s
        self._next = frames_nearest(offset_ms, fps) % self.part_frames
        self._frame: Pixels = np.empty((height_px * 3 // 2, width_px), np.uint8)
        self._kept: list[Pixels] = []
        self._decoder = ExitStack()
        self._pipe: IO[bytes] | None = None
        self._demuxer = ""
        self._track: Track | None = None
        self._has_frame = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self) -> Pixels:
        """Return the next frame, uint8 of shape (height_px * 3 // 2, width_px), valid until the next call.

        Raises SourceUnreadable when nothing decodes, or when the picture ends well before `end_ms`; FfmpegFailed when
        the decoder was killed; FfmpegTimeout.
        """
        if self._next == self.part_frames:
            self._stop()
            self._next = 0
        if len(self._kept) == self.part_frames:
            frame = self._kept[self._next]
        else:
            frame = self._decoded()
            self._keep(frame)
        self._next += 1
        return frame

    def close(self) -> None:
        """End the decoder; the reader may not be read from again."""
        self._stop()
        self._kept.clear()

    def _decoded(self) -> Pixels:
        """Fill the frame from the decoder; where the data ends a little early, its last frame is held."""
        if self._pipe is None and not self._has_frame:
            self._start(self._next)
        if not self._fill():
            self._end_early()
        return self._frame

    def _keep(self, frame: Pixels) -> None:
        """Remember the frames of a very short part, which would otherwise start a decoder several times a second."""
        if self.part_frames <= _KEPT_FRAMES and len(self._kept) == self._next:
            self._kept.append(frame.copy())

    def _start(self, frame: int) -> None:
        """Start the decoder at `frame` of the part."""
        if self._track is None:
            self._demuxer = footage_demuxer(self._path, source=self._source)
            self._track = read_track(self._path, demuxer=self._demuxer, source=self._source)
        arguments = self._arguments(self._track, frame)
        self._pipe = self._decoder.enter_context(ffmpeg.frames_out(arguments, timeout_s=self._timeout_s))

    def _arguments(self, track: Track, frame: int) -> list[str]:
        wanted_s = Fraction(self._start_ms, 1000) + frame / self._fps
        seek_s = wanted_s if self._demuxer in _INDEXED else max(Fraction(0), wanted_s - _SEEK_MARGIN_S)
        graph = filter_graph(track, fps=self._fps, first_s=wanted_s - seek_s, size=self._size, fit=self._fit)
        # Without -noaccurate_seek ffmpeg would drop the frame that began before the wanted time and is still shown
        # then; the fps filter of the graph picks the exact frame instead.
        return [
            *("-threads", str(self._threads), "-noaccurate_seek", "-ss", f"{float(seek_s):.6f}"),
            *("-reinit_filter", "0" if track.size_px else "1"),
            *ffmpeg.safe_input(self._path, demuxer=self._demuxer),
            *("-filter_complex_threads", str(self._threads), "-filter_complex", f"[0:V:0]{graph}[out]"),
            *("-map", "[out]", "-frames:v", str(self.part_frames - frame), "-fps_mode", "passthrough"),
            *("-c:v", "rawvideo", "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1"),
        ]

    def _fill(self) -> bool:
        """Read one frame into the buffer; False at the end of the data, which leaves the buffer as it was."""
        if self._pipe is None:
            return False
        view = self._frame.data.cast("B")
        done = 0
        while done < len(view):
            count = self._pipe.readinto(view[done:])  # type: ignore[attr-defined]
            if not count:
                return False
            done += count
        self._has_frame = True
        return True

    def _end_early(self) -> None:
        """Hold the last frame over a missing bit at the end of the part, or say what is wrong with the source."""
        log = self._end_of_decoder()
        if (self.part_frames - self._next) > frames_nearest(_MISSING_END_MS, self._fps):
            ends_ms = self._start_ms + frame_to_ms(self._next, self._fps)
            reason = f"its picture ends or is damaged at {ends_ms} ms, and {self._start_ms}-{self._end_ms} ms are used"
            raise SourceUnreadable(source=self._source, reason=f"{reason}{log}")
        if self._has_frame:
            return
        if self._next == 0:
            raise SourceUnreadable(source=self._source, reason=f"no picture in it can be decoded{log}")
        self._start(max(0, self._next - frames_nearest(_MISSING_END_MS, self._fps) - 1))
        while self._fill():
            pass
        if not self._has_frame:
            raise SourceUnreadable(source=self._source, reason=f"no picture in it can be decoded{log}")

    def _end_of_decoder(self) -> str:
        """Return what a decoder that gave up by itself said; a killed one is no fault of the source."""
        try:
            self._decoder.close()
        except FfmpegFailed as failure:
            if failure.exit_code < 0:
                raise
            return f" ({failure.log.splitlines()[-1]})"
        finally:
            self._pipe = None
        return ""

    def _stop(self) -> None:
        """End the decoder, whose exit code no longer matters once its frames are here."""
        self._has_frame = False
        if self._pipe is not None:
            self._end_of_decoder()
