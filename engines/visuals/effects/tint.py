"""Warmer or cooler light."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
from moviepy import Effect, VideoClip

from engines.visuals.planar import Frame, new_frame, planes


@dataclass
class Tint(Effect):
    """Move the colours by so many steps from blue to red."""

    warmth: int = 7

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` in another light."""
        out = new_frame(*clip.size)
        shifts = (0, -self.warmth, self.warmth)

        def tinted(get_frame: Callable[[float], Frame], t: float) -> Frame:
            for plane, shift, target in zip(planes(get_frame(t)), shifts, planes(out), strict=True):
                cv2.addWeighted(plane, 1, plane, 0, shift, dst=target)
            return out

        return clip.transform(tinted)


LOOKS = {"warm": ("Warmer light", Tint), "cool": ("Cooler light", partial(Tint, warmth=-7))}
