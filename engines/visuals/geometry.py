"""Sizes and places of pictures, as every part of the picture code names them."""

Size = tuple[int, int]  # width and height in px
Pair = tuple[float, float]  # along x and along y, as fractions of the picture or of what is left over

MIDDLE: Pair = (0.5, 0.5)
_STEP_PX = 4  # sides of planar frames are multiples of it


def whole_side(length_px: float) -> int:
    """Return the side of a planar frame that is nearest to a length: a multiple of 4, at least 4."""
    return max(_STEP_PX, round(length_px / _STEP_PX) * _STEP_PX)
