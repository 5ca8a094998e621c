"""Boxes: the rounded rectangles that stand behind words or whole pages, as ASS drawings."""

from engines.subtitles.layout import Rectangle
from models.captions import Box

_SQUAT = 0.65
_ARC = 0.5523  # how far a quarter circle's control points lie along its tangents, in radii


def around(text: Rectangle, box: Box, *, unit: float) -> Rectangle:
    """Return the rectangle that a box takes up around text. It has less room above and below than at the sides."""
    across_px, down_px = box.padding_px * unit, box.padding_px * unit * _SQUAT
    return Rectangle(
        text.left_px - across_px, text.top_px - down_px, text.right_px + across_px, text.bottom_px + down_px
    )


def drawing(rectangle: Rectangle, box: Box, *, unit: float) -> str:
    """Return the outline of a rounded rectangle in ASS's drawing commands, from its own top left."""
    width, height = rectangle.right_px - rectangle.left_px, rectangle.bottom_px - rectangle.top_px
    radius = min(box.radius_px * unit, width / 2, height / 2)
    bend = radius * (1 - _ARC)
    right, bottom = width - radius, height - radius
    corners = (
        f"m {_points(radius, 0)} l {_points(right, 0)} b {_points(width - bend, 0, width, bend, width, radius)}",
        f"l {_points(width, bottom)} b {_points(width, height - bend, width - bend, height, right, height)}",
        f"l {_points(radius, height)} b {_points(bend, height, 0, height - bend, 0, bottom)}",
        f"l {_points(0, radius)} b {_points(0, bend, bend, 0, radius, 0)}",
    )
    return " ".join(corners)


def _points(*coordinates: float) -> str:
    return " ".join(f"{coordinate:.2f}" for coordinate in coordinates)
