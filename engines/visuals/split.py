"""A screen that two pictures share."""

from collections.abc import Sequence

import numpy as np

from engines.visuals.geometry import Size, whole_side
from engines.visuals.planar import Frame, planes


def is_stacked(width_px: int, height_px: int) -> bool:
    """Return whether the pictures lie one below the other; on a canvas that is wide they stand side by side."""
    return height_px >= width_px


def split_sizes(width_px: int, height_px: int) -> list[Size]:
    """Return the size of the first and of the second picture on a canvas: its halves, to a multiple of 4."""
    length = height_px if is_stacked(width_px, height_px) else width_px
    first = whole_side(length / 2)
    if is_stacked(width_px, height_px):
        return [(width_px, first), (width_px, length - first)]
    return [(first, height_px), (length - first, height_px)]


def joined(frames: Sequence[Frame], out: Frame, *, stacked: bool) -> Frame:
    """Fill `out` with frames that together are as large as it."""
    for target, *parts in zip(planes(out), *map(planes, frames), strict=True):
        np.concatenate(parts, axis=0 if stacked else 1, out=target)
    return out
