"""A few small frames of a picture or a clip, to find its subject by: as few and as cheap as will do."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from engines.errors import SourceUnreadable
from engines.sniff import footage_demuxer
from engines.visuals.color import Pixels
from engines.visuals.containers import open_container
from engines.visuals.cuts import Changes
from engines.visuals.images import TURNED, open_image, orientation
from engines.visuals.probe import main_video
from engines.visuals.stills import upright_rgb
from models.media import MediaLimits
from models.picture import Fit

SIDE_PX = 192  # of the longer side
_KEY_GAP_MS = 2_500
_LEAST_KEY_GAP_MS = 900
_REORDERED_MS = 500
_LONG_AGO_MS = 86_400_000
_FEW = 3
_STEP_MS = 400
_MOST_DECODED_PIXELS = 500_000_000  # a quarter of a thousand frames of 1080p: a second or so
_QUARTER_TURN = 90

Frames = list[tuple[int, Pixels]]


class Watched(NamedTuple):
    """What was seen of a clip, and when each of its own shots but the first one begins."""

    frames: Frames
    cuts_ms: tuple[int, ...] = ()


class ClipPart(NamedTuple):
    """A part of a clip; `source` names it in errors."""

    path: Path
    start_ms: int
    end_ms: int
    source: str
    watched_ms: int = 12_000  # of its start

    @property
    def span_ms(self) -> int:
        """How much of it is looked at."""
        return min(self.end_ms - self.start_ms, self.watched_ms)


def glance_at_still(path: Path, *, source: str, limits: MediaLimits | None = None) -> Pixels:
    """Return a small upright copy of a still. Raises SourceUnreadable, SourceTooLarge."""
    with open_image(path, source=source, limits=limits or MediaLimits()) as image:
        turned = orientation(image) in TURNED
        width, height = image.size[::-1] if turned else image.size
        scale = SIDE_PX / max(width, height)
        size = max(8, round(width * scale)), max(8, round(height * scale))
        return np.asarray(upright_rgb(image, size, fit=Fit.CONTAIN))


def key_glances(part: ClipPart) -> Frames:
    """Return the key frames of a part's first seconds, with their times from its start.

    Few of them, far apart, are no picture of the clip: then as `dense_glances`. Empty where nothing decodes.
    """
    frames = _watched(part, step_ms=0).frames
    is_enough = len(frames) >= _FEW and part.span_ms / len(frames) <= _KEY_GAP_MS
    return frames if is_enough else _watched(part, step_ms=_STEP_MS).frames


def dense_glances(part: ClipPart) -> Watched:
    """Return two or three frames of each of a part's first seconds, with their times from its start, and its cuts."""
    return _watched(part, step_ms=_STEP_MS, for_cuts=True)


def _watched(part: ClipPart, *, step_ms: int, for_cuts: bool = False) -> Watched:
    """Decode key frames only, or (with a step) every frame that others need, and keep one a step."""
    demuxer = footage_demuxer(part.path, source=part.source)
    try:
        with open_container(part.path, demuxer=demuxer, source=part.source) as container:
            video = main_video(container, source=part.source)
            changes = Changes() if for_cuts else None
            frames = [] if video is None else _decoded(container, video, part, step_ms, changes)
            return Watched(frames, changes.cut_times() if changes else ())
    except SourceUnreadable:
        return Watched([])  # the encode will say what is wrong, or cope: a crop is not worth a failure


def _decoded(
    container: InputContainer, video: VideoStream, part: ClipPart, step_ms: int, changes: Changes | None
) -> Frames:
    frames: Frames = []
    decoded_pixels, next_ms = 0, 0
    for at_ms, frame in _played(container, video, part.start_ms, part.span_ms, keys_only=not step_ms):
        decoded_pixels += frame.width * frame.height
        if step_ms and decoded_pixels > _MOST_DECODED_PIXELS:
            break
        if changes is not None and at_ms < part.span_ms:
            changes.see(at_ms, frame)
        if next_ms <= at_ms < part.span_ms:
            frames.append((at_ms, _small(frame)))
            next_ms = at_ms + step_ms
    return frames


def _played(
    container: InputContainer, video: VideoStream, start_ms: int, span_ms: int, *, keys_only: bool
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Yield frames and their times from `start_ms`; of key frames only, those that lie a step apart."""
    context = video.codec_context
    context.thread_count = 1
    context.skip_frame = "NONKEY" if keys_only else "NONREF"
    origin_s = Fraction(container.start_time or 0, av.time_base) + Fraction(start_ms, 1000)
    container.seek(round(origin_s * av.time_base), backward=True)
    next_ms = -_LONG_AGO_MS
    time_base = video.time_base or Fraction(1, av.time_base)
    for packet in container.demux(video):
        if packet.pts is None:
            continue
        at_ms = round((packet.pts * time_base - origin_s) * 1000)
        if at_ms > span_ms + _REORDERED_MS:
            break
        if keys_only and packet.is_keyframe:  # the decoder itself passes over the others
            if at_ms < next_ms:
                continue
            next_ms = at_ms + _LEAST_KEY_GAP_MS
        yield from _timed(packet.decode(), time_base, origin_s)
    yield from _timed(context.decode(None), time_base, origin_s)  # what the decoder still holds back


def _timed(
    frames: Iterable[av.VideoFrame], time_base: Fraction, origin_s: Fraction
) -> Iterator[tuple[int, av.VideoFrame]]:
    for frame in frames:
        if frame.pts is not None:
            yield max(0, math.ceil((frame.pts * time_base - origin_s) * 1000)), frame  # at which it is seen already


def _small(frame: av.VideoFrame) -> Pixels:
    scale = SIDE_PX / max(frame.width, frame.height)
    size = max(8, round(frame.width * scale)), max(8, round(frame.height * scale))
    rgb = frame.reformat(width=size[0], height=size[1], format="rgb24", interpolation="FAST_BILINEAR").to_ndarray()
    turns = round(frame.rotation / _QUARTER_TURN) % 4
    return np.ascontiguousarray(np.rot90(rgb, turns), np.uint8)
