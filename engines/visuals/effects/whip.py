"""Take over from the scene before as if the camera was swung round."""

from dataclasses import dataclass
from functools import partial

import cv2

from engines.visuals.planar import Frame, planes
from engines.visuals.transition import Transition, push

_SHUTTER = 0.09  # how much of the transition's time one frame is exposed for
_LONGEST_BLUR = 0.3  # of the width


@dataclass
class Whip(Transition):
    """Push the earlier scene out with a jerk, blurred along the way as fast as it moves."""

    forwards: bool = False

    def mix(self, under: Frame, over: Frame, progress: float, out: Frame) -> Frame:
        """Return both frames side by side, blurred along the way."""
        share, speed = _swing(progress)
        push(under, over, share, out, vertical=False, forwards=self.forwards)
        for plane in planes(out):
            rows, columns = plane.shape
            length = round(min(_LONGEST_BLUR, speed * _SHUTTER) * columns)
            if length < 3:
                continue
            half = cv2.resize(plane, (columns // 2, rows // 2))
            cv2.resize(cv2.blur(half, (max(3, length // 2), 1)), (columns, rows), dst=plane)
        return out


def _swing(progress: float) -> tuple[float, float]:
    """Return how far a jerk is at a time from 0 to 1, and how fast it is, in ways per whole time."""
    if progress < 0.5:
        return 8 * progress**4, 32 * progress**3
    return 1 - 8 * (1 - progress) ** 4, 32 * (1 - progress) ** 3


TRANSITIONS = {
    "whip": ("The camera swings to the right, in a blur", Whip),
    "whip_right": ("The camera swings to the left, in a blur", partial(Whip, forwards=True)),
}
