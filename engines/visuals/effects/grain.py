"""Film grain."""

from dataclasses import dataclass

import cv2
import numpy as np
from moviepy import Effect, VideoClip

from engines.visuals.per_frame import per_frame
from engines.visuals.planar import Frame, frame_size, new_frame

_PATTERNS = 7  # one after the other, cut out of one sheet
_SPARE_PX = 64  # of the sheet: patterns that lie a pixel apart would be seen to crawl
_STRENGTH = 5.0  # standard deviation, in steps of luma


@dataclass
class Grain(Effect):
    """Lay grain over the picture, another one in every frame."""

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` with grain; the same frame always has the same."""
        out = new_frame(*clip.size)
        width, rows = frame_size(out)
        random = np.random.default_rng(0)
        noise = random.normal(0, _STRENGTH, (rows + _SPARE_PX, width + _SPARE_PX)).astype(np.float32)
        soft = cv2.GaussianBlur(noise, (0, 0), 0.7) * 2  # what a blur that wide takes off
        sheet = np.clip(np.rint(soft) + 128, 0, 255).astype(np.uint8)
        corners = random.integers(0, _SPARE_PX, (_PATTERNS, 2))

        def grained(frame: Frame, t: float) -> Frame:
            top, left = corners[round(t * clip.fps) % _PATTERNS]
            cv2.addWeighted(frame[:rows], 1, sheet[top : top + rows, left : left + width], 1, -128, dst=out[:rows])
            out[rows:] = frame[rows:]
            return out

        return per_frame(clip, grained)


LOOKS = {"grain": ("Film grain", Grain)}
