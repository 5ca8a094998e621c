"""Take over from the scene before by flying into it, or out of it."""

from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np

from engines.visuals.easing import eased
from engines.visuals.planar import Frame, blend, planes
from engines.visuals.transition import Transition
from models.picture import Easing

_FAR = 2.6
_MIXED_FROM, _MIXED_TO = 0.32, 0.62


@dataclass
class Zoom(Transition):
    """Enlarge the earlier scene faster and faster, and let this one come on in the same direction and slow down."""

    inwards: bool = True
    _rooms: dict[tuple[int, ...], Frame] = field(default_factory=dict, init=False)

    def mix(self, under: Frame, over: Frame, progress: float, out: Frame) -> Frame:
        """Return the frames at the sizes of this moment; both at once are so fast that half the pixels do."""
        far = _FAR if self.inwards else 1 / _FAR
        leaving = far ** min(1.0, progress / _MIXED_TO) ** 2
        coming = far ** (eased((progress - _MIXED_FROM) / (1 - _MIXED_FROM), Easing.EASE_OUT) - 1)
        opacity = eased((progress - _MIXED_FROM) / (_MIXED_TO - _MIXED_FROM), Easing.EASE_IN_OUT)
        for old, new, target in zip(planes(under), planes(over), planes(out), strict=True):
            if opacity <= 0:
                _scaled(old, leaving, target)
            elif opacity >= 1:
                _scaled(new, coming, target)
            else:
                self._mix(old, new, (leaving, coming), opacity, target)
        return out

    def _mix(self, old: Frame, new: Frame, scales: tuple[float, float], opacity: float, target: Frame) -> None:
        rows, columns = target.shape
        if target.shape not in self._rooms:  # fresh memory for every frame would take as long as the zoom
            self._rooms[target.shape] = np.empty((4, rows // 2, columns // 2), np.uint8)
        room = self._rooms[target.shape]
        for plane, half, scale, scaled in zip((old, new), room[:2], scales, room[2:], strict=True):
            cv2.resize(plane, (columns // 2, rows // 2), dst=half)
            _scaled(half, scale, scaled)
        cv2.resize(blend(room[2], room[3], opacity, room[0]), (columns, rows), dst=target)


def _scaled(plane: Frame, scale: float, target: Frame) -> Frame:
    """Fill `target` with a plane enlarged around its middle; one that has become smaller is mirrored at its edges."""
    rows, columns = plane.shape
    if scale >= 1:
        height, width = round(rows / scale), round(columns / scale)
        top, left = (rows - height) // 2, (columns - width) // 2
        cv2.resize(plane[top : top + height, left : left + width], (columns, rows), dst=target)
        return target
    height, width = round(rows * scale), round(columns * scale)
    small = cv2.resize(plane, (width, height))
    top, left = (rows - height) // 2, (columns - width) // 2
    edges = (top, rows - height - top, left, columns - width - left)
    cv2.copyMakeBorder(small, *edges, cv2.BORDER_REFLECT, dst=target)
    return target


TRANSITIONS = {
    "zoom": ("Flies into the earlier scene and on into this one", Zoom),
    "zoom_out": ("Flies backwards out of the earlier scene", partial(Zoom, inwards=False)),
}
