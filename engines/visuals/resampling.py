"""Show a crop window of a planar frame at another size, at sub-pixel exact positions (bilinear).

A camera that moves slowly needs windows at fractions of a pixel. OpenCV's affine warp does that for any window; its
resize is three times as fast, but maps whole pixels to whole pixels. Most windows of a zoom lie within a few
hundredths of a pixel of one that resize can do: a few more pixels are computed than shown, and how many more, and
which of them are shown, gives enough combinations to choose from. For a window near the picture's edge they exist only
if the picture goes on beyond it (`with_margin`). A window at scale 1, as in a pan, is a shift.
"""

import threading
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from engines.visuals.planar import Frame, planes
from models.shots import Window

TOLERANCE_PX = 0.04
_MARGIN_PX, _SPARE_PX = 64, 48
_SKIPS = np.arange(_SPARE_PX)[:, None]
_scratch = threading.local()
_EXTRA = np.arange(2 * _SPARE_PX)[None, :]


class Picture(NamedTuple):
    """The planes of a frame, with so many pixels of `margin_px` around each: its outermost ones, repeated."""

    planes: tuple[Frame, ...]
    margin_px: int = 0

    @classmethod
    def of(cls, frame: Frame) -> "Picture":
        """Return views of a frame, without a margin."""
        return cls(tuple(planes(frame)))


class Span(NamedTuple):
    """A window along one axis, from `start`, counted between pixels: 0 is the left edge of the first."""

    start: float
    length: float


class WholeSpan(NamedTuple):
    """`length` whole pixels from `start`, resized to `resized` pixels of which the first `skip` are not shown."""

    start: int
    length: int
    resized: int
    skip: int


def with_margin(frame: Frame) -> Picture:
    """Return a picture that is shown often, copied in 1 ms: nearly every window of it is then a resize."""
    return Picture(tuple(np.pad(plane, _MARGIN_PX, mode="edge") for plane in planes(frame)), _MARGIN_PX)


def resample(picture: Picture, window: Window, out: Frame) -> Frame:
    """Fill `out` with what `window` shows of a picture.

    Chroma is taken as sited in the middle of its luma pixels, which moves it by less than 0.05 px against the luma.
    """
    margin_px = picture.margin_px
    for source, target in zip(picture.planes, planes(out), strict=True):
        height, width = (side - 2 * margin_px for side in source.shape)
        across = Span(window.x * width + margin_px, window.width * width)
        down = Span(window.y * height + margin_px, window.height * height)
        _resample_plane(source, across, down, target)
    return out


def _resample_plane(source: Frame, across: Span, down: Span, target: Frame) -> None:
    rows, columns = target.shape
    if _is_shift(across, columns) and _is_shift(down, rows):
        center = (across.start + (columns - 1) / 2, down.start + (rows - 1) / 2)
        cv2.getRectSubPix(source, (columns, rows), center, patch=target)
        return
    x = whole_span(across, columns, source.shape[1])
    y = whole_span(down, rows, source.shape[0])
    if x is None or y is None:
        _warp(source, across, down, target)
        return
    part = source[y.start : y.start + y.length, x.start : x.start + x.length]
    resized = _room(y.resized, x.resized)
    cv2.resize(part, (x.resized, y.resized), dst=resized, interpolation=cv2.INTER_LINEAR)
    np.copyto(target, resized[y.skip : y.skip + rows, x.skip : x.skip + columns])


def _room(rows: int, columns: int) -> Frame:
    """Return this thread's scratch plane: a fresh array for every frame would have the kernel clear its pages."""
    room: Frame | None = getattr(_scratch, "room", None)
    if room is None or room.size < rows * columns:
        room = _scratch.room = np.empty(rows * columns, np.uint8)
    return room[: rows * columns].reshape(rows, columns)


def _is_shift(span: Span, shown: int) -> bool:
    return abs(span.length - shown) < TOLERANCE_PX / 2


@lru_cache(maxsize=64)  # both planes of chroma ask the same
def whole_span(span: Span, shown: int, available: int) -> WholeSpan | None:
    """Return the resize of whole pixels that shows `span` as `shown` pixels within the tolerance, if there is one.

    `available` is the source's length. The error is the largest of any shown pixel's position, in source pixels.
    """
    scale = span.length / shown
    resized = shown + _EXTRA
    lengths = np.rint(resized * scale)
    starts = np.rint(span.start - _SKIPS * scale)
    scales = lengths / resized
    first_error = starts + (_SKIPS + 0.5) * scales - span.start - scale / 2
    errors = np.maximum(np.abs(first_error), np.abs(first_error + (shown - 1) * (scales - scale)))
    impossible = (starts < 0) | (starts + lengths > available) | (resized < _SKIPS + shown)
    errors[impossible] = np.inf
    skip, extra = divmod(int(errors.argmin()), _EXTRA.size)
    if errors[skip, extra] > TOLERANCE_PX:
        return None
    return WholeSpan(int(starts[skip, 0]), int(lengths[0, extra]), int(resized[0, extra]), skip)


def _warp(source: Frame, across: Span, down: Span, target: Frame) -> None:
    rows, columns = target.shape
    scale_x, scale_y = across.length / columns, down.length / rows
    matrix = np.array(
        [[scale_x, 0, across.start + scale_x / 2 - 0.5], [0, scale_y, down.start + scale_y / 2 - 0.5]],
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cv2.warpAffine(source, matrix, (columns, rows), dst=target, flags=flags, borderMode=cv2.BORDER_REPLICATE)
