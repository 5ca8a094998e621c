"""Cuts that a clip has of its own: where its picture changes from one frame to the next, and nowhere around it."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

_SIZE = 32, 18
_LEAST = 14.0  # steps of brightness, on average over the picture
_PEAK = 4.0  # times what is usual around it: a fast camera changes every frame much
_AROUND = 8  # frames to either side
_SHORTEST_MS = 500  # a flash, or a few frames of something, are no shot

T = TypeVar("T")


class Change(NamedTuple):
    """How much a frame differs from the one before it, and when it is shown."""

    at_ms: int
    steps: float


class Changes:
    """How much each frame of a clip, seen one after the other, differs from the one before it."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()  # one for all: each prepares its scaling anew
        self._last: NDArray[np.int16] | None = None
        self._seen: list[Change] = []

    def see(self, at_ms: int, frame: av.VideoFrame) -> None:
        """Take the next frame in."""
        tiny = self._reformatter.reformat(frame, *_SIZE, "gray", interpolation="FAST_BILINEAR")
        grey = tiny.to_ndarray().astype(np.int16)
        if self._last is not None:
            self._seen.append(Change(at_ms, float(np.abs(grey - self._last).mean())))
        self._last = grey

    def cut_times(self) -> tuple[int, ...]:
        """Return when each shot but the first one begins."""
        return cut_times(self._seen)


def cut_times(changes: Sequence[Change]) -> tuple[int, ...]:
    """Return when each shot but the first one begins."""
    found: list[int] = []
    steps = np.array([change.steps for change in changes])
    for index, change in enumerate(changes):
        around = np.delete(steps[max(0, index - _AROUND) : index + _AROUND + 1], min(index, _AROUND))
        is_peak = change.steps >= _LEAST and change.steps >= _PEAK * float(np.median(around) if len(around) else 0)
        if is_peak and change.at_ms - (found[-1] if found else 0) >= _SHORTEST_MS:
            found.append(change.at_ms)
    return tuple(found)


def by_shot(timed: Sequence[tuple[int, T]], cuts_ms: Sequence[int]) -> list[tuple[int, list[tuple[int, T]]]]:
    """Return when each shot begins and what was seen of it; one of which nothing was seen belongs to that before."""
    shots: list[tuple[int, list[tuple[int, T]]]] = []
    for begin_ms, end_ms in pairwise((0, *cuts_ms, math.inf)):
        seen = [(at_ms, each) for at_ms, each in timed if begin_ms <= at_ms < end_ms]
        if seen:
            shots.append((int(begin_ms) if shots else 0, seen))
    return shots
