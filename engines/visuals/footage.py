"""Footage decoded while it is encoded: canvas-ready I420 frames at the canvas' rate, one after the other."""

from contextlib import ExitStack
from types import TracebackType
from typing import IO, Self

import numpy as np

from engines import ffmpeg
from engines.errors import FfmpegFailed, SourceUnreadable
from engines.timebase import frame_to_ms, frames_nearest
from engines.visuals.color import Pixels
from engines.visuals.footage_part import FootagePart

_MISSING_END_MS = 500
_KEPT_FRAMES = 8


class FootageReader:
    """Reads a part of a video frame by frame, and again from its start; `frame_count` frames from `first_frame` on."""

    def __init__(
        self,
        part: FootagePart,
        *,
        first_frame: int = 0,
        frame_count: int,
        threads: int = 1,
        timeout_s: float = 3600.0,
    ) -> None:
        self._part = part
        self._wanted = frame_count
        self._threads, self._timeout_s = threads, timeout_s
        self._next = first_frame % part.frame_count
        width_px, height_px = part.size
        self._frame: Pixels = np.empty((height_px * 3 // 2, width_px), np.uint8)
        self._kept: list[Pixels] = []
        self._decoder = ExitStack()
        self._pipe: IO[bytes] | None = None
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
        if self._next == self._part.frame_count:
            self._stop()
            self._next = 0
        if len(self._kept) == self._part.frame_count:
            frame = self._kept[self._next]
        else:
            frame = self._decoded()
            self._keep(frame)
        self._next += 1
        self._wanted -= 1
        return frame

    def close(self) -> None:
        """End the decoder; the reader may not be read from again."""
        self._stop()
        self._kept.clear()

    def _decoded(self) -> Pixels:
        """Fill the frame from the decoder; where the data ends a little early, its last frame is held."""
        if self._pipe is None and not self._has_frame:
            self._start(self._next, self._wanted)
        if not self._fill():
            self._end_early()
        return self._frame

    def _keep(self, frame: Pixels) -> None:
        """Remember the frames of a very short part, which would otherwise start a decoder several times a second."""
        if self._part.frame_count <= _KEPT_FRAMES and len(self._kept) == self._next:
            self._kept.append(frame.copy())

    def _start(self, frame: int, wanted: int) -> None:
        """Start the decoder at `frame` of the part, for at most `wanted` frames."""
        decoding = self._part.decoding(frame, threads=self._threads)
        arguments = [
            *decoding.input_arguments,
            *("-filter_complex_threads", str(self._threads), "-filter_complex", f"[0:V:0]{decoding.graph}[out]"),
            *("-map", "[out]", "-frames:v", str(min(self._part.frame_count - frame, wanted))),
            *("-fps_mode", "passthrough", "-c:v", "rawvideo", "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1"),
        ]
        self._pipe = self._decoder.enter_context(ffmpeg.frames_out(arguments, timeout_s=self._timeout_s))

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
        if (self._part.frame_count - self._next) > frames_nearest(_MISSING_END_MS, self._part.fps):
            ends_ms = self._part.start_ms + frame_to_ms(self._next, self._part.fps)
            used = f"{self._part.start_ms}-{self._part.end_ms} ms are used"
            reason = f"its picture ends or is damaged at {ends_ms} ms, and {used}"
            raise SourceUnreadable(source=self._part.source, reason=f"{reason}{log}")
        if self._has_frame:
            return
        if self._next == 0:
            raise SourceUnreadable(source=self._part.source, reason=f"no picture in it can be decoded{log}")
        first = max(0, self._next - frames_nearest(_MISSING_END_MS, self._part.fps) - 1)
        self._start(first, self._part.frame_count - first)
        while self._fill():
            pass
        if not self._has_frame:
            raise SourceUnreadable(source=self._part.source, reason=f"no picture in it can be decoded{log}")

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
