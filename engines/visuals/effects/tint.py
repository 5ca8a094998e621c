"""Warmer or cooler light."""

from dataclasses import dataclass
from functools import partial

import cv2
from moviepy import Effect, VideoClip

from engines.visuals.per_frame import per_frame
from engines.visuals.planar import Frame, new_frame, planes


@dataclass
class Tint(Effect):
    """Move the colours by so many steps from blue to red."""

    warmth: int = 7

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` in another light."""
        out = new_frame(*clip.size)
        shifts = (0, -self.warmth, self.warmth)

        def tinted(frame: Frame, _: float) -> Frame:
            for plane, shift, target in zip(planes(frame), shifts, planes(out), strict=True):
                cv2.addWeighted(plane, 1, plane, 0, shift, dst=target)
            return out

        return per_frame(clip, tinted)


LOOKS = {"warm": ("Warmer light", Tint), "cool": ("Cooler light", partial(Tint, warmth=-7))}
