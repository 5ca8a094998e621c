"""Take over from the scene before behind a soft edge that crosses the picture."""

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from engines.visuals.easing import eased
from engines.visuals.planar import Frame, planes
from engines.visuals.transition import Transition
from models.picture import Easing

_SOFT = 0.12  # of the way: how wide the edge is


@dataclass
class Wipe(Transition):
    """Uncover this scene, which stands still under the earlier one."""

    vertical: bool = False
    forwards: bool = False

    def mix(self, under: Frame, over: Frame, progress: float, out: Frame) -> Frame:
        """Return the frames on both sides of the edge, blended along it."""
        edge = eased(progress, Easing.EASE_IN_OUT) * (1 + _SOFT)
        for old, new, target in zip(planes(under), planes(over), planes(out), strict=True):
            if self.vertical:
                old, new, target = old.T, new.T, target.T
            _wipe(old, new, edge, target, forwards=self.forwards)
        return out


def _wipe(old: Frame, new: Frame, edge: float, target: Frame, *, forwards: bool) -> None:
    """Fill `target`, column by column: the new frame behind the edge, the old one before it."""
    columns = target.shape[1]
    way = (np.arange(columns) + 0.5) / columns
    share = np.clip((edge - (way if forwards else 1 - way)) / _SOFT, 0, 1)
    mixed = np.flatnonzero((share > 0) & (share < 1))
    first, last = (int(mixed[0]), int(mixed[-1]) + 1) if mixed.size else (columns // 2,) * 2
    for side in (slice(0, first), slice(last, columns)):
        if side.start < side.stop:
            np.copyto(target[:, side], (new if share[side.start] == 1 else old)[:, side])
    if not mixed.size:
        return
    weights = np.broadcast_to((share[first:last] * share[first:last]).astype(np.float32), (len(target), last - first))
    band = slice(first, last)
    blended = cv2.blendLinear(
        np.ascontiguousarray(new[:, band]), np.ascontiguousarray(old[:, band]), weights, 1 - weights
    )
    np.copyto(target[:, band], blended)


TRANSITIONS = {
    "wipe": ("Uncovered from the right to the left", Wipe),
    "wipe_right": ("Uncovered from the left to the right", partial(Wipe, forwards=True)),
    "wipe_up": ("Uncovered from the foot to the top", partial(Wipe, vertical=True)),
    "wipe_down": ("Uncovered from the top to the foot", partial(Wipe, vertical=True, forwards=True)),
}
