"""Corners that fall off into the dark."""

from dataclasses import dataclass

import cv2
import numpy as np
from moviepy import Effect, VideoClip

from engines.visuals.per_frame import per_frame
from engines.visuals.planar import Frame, frame_size, new_frame

_DARKEST = 0.45  # how much of a corner's light is lost
_OPEN = 0.35  # of the way from the middle to a corner that keeps all of its light
_BLACK = 16


@dataclass
class Vignette(Effect):
    """Darken the picture towards its corners."""

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` with dark corners."""
        out = new_frame(*clip.size)
        width, rows = frame_size(out)
        x, y = np.linspace(-1, 1, width), np.linspace(-1, 1, rows)[:, None]
        way = np.clip((np.sqrt((x * x + y * y) / 2) - _OPEN) / (1 - _OPEN), 0, 1)
        lost = _DARKEST * way * way * (3 - 2 * way)
        kept = np.rint((1 - lost) * 255).astype(np.uint8)
        lifted = np.rint(lost * _BLACK).astype(np.uint8)  # black stays black

        def darkened(frame: Frame, _: float) -> Frame:
            cv2.multiply(frame[:rows], kept, dst=out[:rows], scale=1 / 255)
            cv2.add(out[:rows], lifted, dst=out[:rows])
            out[rows:] = frame[rows:]
            return out

        return per_frame(clip, darkened)


LOOKS = {"vignette": ("Dark corners", Vignette)}
