"""What every transition is made of: the head of a scene's clip mixed with the end of the scene before."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cache

import numpy as np
from moviepy import Effect, VideoClip

from engines.visuals.per_frame import per_frame
from engines.visuals.planar import Frame, frame_size, new_frame, planes


@dataclass
class Transition(Effect):
    """Take over from `outgoing` during the first `duration_s` seconds of a clip.

    `outgoing` plays from 0 in that time: it is the part of the earlier scene that would follow its last frame.
    """

    outgoing: VideoClip
    duration_s: float

    @abstractmethod
    def mix(self, under: Frame, over: Frame, progress: float, out: Frame) -> Frame:
        """Return `under` (the earlier scene) turned into `over` as far as `progress` says, in `out` or as one of them.

        `progress` is that of the frame's middle, above 0 and below 1: the first frame moves already.
        """

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` with the transition in its head."""
        out = new_frame(*clip.size)

        def mixed(frame: Frame, t: float) -> Frame:
            if t >= self.duration_s:
                return frame
            progress = (t + 0.5 / clip.fps) / self.duration_s
            return self.mix(self.outgoing.get_frame(t), frame, progress, out)

        return per_frame(clip, mixed)


def push(under: Frame, over: Frame, share: float, out: Frame, *, vertical: bool, forwards: bool) -> Frame:
    """Fill `out` with the part of `under` that is left when `over` has pushed `share` (0 to 1) of it out.

    `forwards` pushes to the right or down, else to the left or up. The edge lies on a whole pixel of chroma.
    """
    axis = 0 if vertical else 1
    half = frame_size(out)[1 - axis] // 2
    for old, new, target in zip(planes(under), planes(over), planes(out), strict=True):
        length = target.shape[axis]
        edge = round(share * half) * (length // half)
        first, second, cut = (new, old, edge) if forwards else (old, new, length - edge)
        if vertical:
            target[:cut], target[cut:] = (first[length - cut :], second[: length - cut])
        else:
            target[:, :cut], target[:, cut:] = (first[:, length - cut :], second[:, : length - cut])
    return out


@cache
def solid(width_px: int, height_px: int, luma: int) -> Frame:
    """Return a grey frame, from black (luma 16) to white (235)."""
    frame = np.full((height_px * 3 // 2, width_px), 128, np.uint8)
    frame[:height_px] = luma
    frame.setflags(write=False)
    return frame
