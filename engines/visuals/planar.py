"""Arithmetic on planar I420 frames, the one pixel format between a picture and the encoder.

A frame of w x h pixels is a C-contiguous uint8 array of shape (h * 3 // 2, w): h rows of luma, then the two chroma
planes at half width and half height, each taking h // 4 rows. It is half the bytes of RGB, and what x264 eats, so a
frame that is born planar is never converted. Sides are multiples of 4.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]

cv2.setNumThreads(1)  # scenes run side by side; threads inside one frame would only fight them for cores


def new_frame(width_px: int, height_px: int) -> Frame:
    """Return an uninitialised frame."""
    return np.empty((height_px * 3 // 2, width_px), np.uint8)


def frame_bytes(width_px: int, height_px: int) -> int:
    """Return the size of a frame in bytes."""
    return width_px * height_px * 3 // 2


def frame_size(frame: Frame) -> tuple[int, int]:
    """Return (width_px, height_px) of the picture in `frame`."""
    rows, width_px = frame.shape
    return width_px, rows * 2 // 3


def planes(frame: Frame) -> Iterator[Frame]:
    """Yield views of the luma plane (h, w) and of both chroma planes (h // 2, w // 2)."""
    width_px, height_px = frame_size(frame)
    yield frame[:height_px]
    yield from frame[height_px:].reshape(2, height_px // 2, width_px // 2)


def blend(under: Frame, over: Frame, opacity: float, out: Frame) -> Frame:
    """Fill `out` with `over` at `opacity` (0 to 1) upon `under`."""
    cv2.addWeighted(over, opacity, under, 1 - opacity, 0, dst=out)
    return out
