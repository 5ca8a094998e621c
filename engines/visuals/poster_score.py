"""How well a frame would stand for a short: sharp, rich in contrast, well exposed, with colours and a subject.

Each part is bounded, so that none of them outweighs the others: more grain is not more sharpness, and a grey plain full
of stones is no better than a planet.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.visuals.color import Pixels
from engines.visuals.saliency import saliency

Luma = NDArray[np.float32]

_SIDE_PX = 270  # of the shorter side, with a median filter on top: noise goes and edges stay
_SALIENCY_SIDE_PX = 200
_EDGE = 6.0  # levels between neighbours; less is grain or shading
_BLUR_PX = 9
_SHARP_ENOUGH = 0.8  # share of the edges' energy that a blur takes away, above which sharper is no better
_STRONG, _STRONG_NEARBY = 50.0, 20.0  # standard deviations of levels, of the whole and around each place
_NEARBY = 1 / 6  # of the shorter side
_BLACK, _WHITE = 18, 245
_BLACK_COUNTS = 0.6  # a black sky is less of a fault than a burnt-out one
_COLOURFUL = 40.0  # on the scale of Hasler and Suesstrunk (2003): moderately colourful
_SCATTERED, _COMPACT = 0.42, 0.24  # standard distance of what is salient from its middle, in shares of the sides
_TITLE_FROM = 0.66  # of the height, where both layouts have their title
_COLOUR_WEIGHT, _SUBJECT_WEIGHT = 0.4, 0.3


def frame_score(rgb: Pixels) -> float:
    """Return how well a frame, uint8 of shape (height, width, 3), would stand for its short: 0 to 1, more is better."""
    small = _resized(rgb, _SIDE_PX)
    luma = cv2.medianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), 3).astype(np.float32)
    picture = _sharpness(luma) * _contrast(luma) * _exposure(luma)
    if picture == 0:
        return 0.0
    colour = 1 - _COLOUR_WEIGHT * (1 - _colourfulness(small))
    return picture * colour * (1 - _SUBJECT_WEIGHT * (1 - _subject(small)))


def _resized(rgb: Pixels, side_px: int) -> Pixels:
    scale = side_px / min(rgb.shape[:2])
    size = max(side_px, round(rgb.shape[1] * scale)), max(side_px, round(rgb.shape[0] * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _sharpness(luma: Luma) -> float:
    """Return how much of its edges a picture would lose by a blur, along the axis that loses less.

    What is blurred already loses little, however strong its contrast; what was moved is blurred along one axis.
    """
    lost = min(_lost_by_blur(luma, axis) for axis in (0, 1))
    return min(1.0, lost / _SHARP_ENOUGH) ** 2


def _lost_by_blur(luma: Luma, axis: int) -> float:
    blurred = cv2.blur(luma, (_BLUR_PX, 1) if axis else (1, _BLUR_PX))
    steps, soft_steps = (np.abs(np.diff(image, axis=axis)) for image in (luma, blurred))
    edges = steps > _EDGE
    energy = float((steps[edges] ** 2).sum())
    return max(0.0, 1 - float((soft_steps[edges] ** 2).sum()) / energy) if energy else 0.0


def _contrast(luma: Luma) -> float:
    """Return the mean of the contrast of the whole and of that around each place."""
    third = cv2.resize(luma, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    side = max(3, round(min(third.shape) * _NEARBY))
    mean, mean_square = (cv2.blur(image, (side, side)) for image in (third, third * third))
    nearby = float(np.sqrt(np.maximum(mean_square - mean * mean, 0)).mean())
    return (min(1.0, float(luma.std()) / _STRONG) + min(1.0, nearby / _STRONG_NEARBY)) / 2


def _exposure(luma: Luma) -> float:
    return max(0.0, 1 - float((luma > _WHITE).mean()) - _BLACK_COUNTS * float((luma < _BLACK).mean()))


def _colourfulness(rgb: Pixels) -> float:
    """Return how far colours differ from grey and from one another, after Hasler and Suesstrunk."""
    red, green, blue = (rgb[..., channel].astype(np.float32) for channel in range(3))
    contrasts = red - green, (red + green) / 2 - blue
    spread = np.hypot(*(contrast.std() for contrast in contrasts))
    offset = np.hypot(*(contrast.mean() for contrast in contrasts))
    return min(1.0, float(spread + 0.3 * offset) / _COLOURFUL)


def _subject(rgb: Pixels) -> float:
    """Return how much of what is salient lies in one place, and above the title."""
    seen = saliency(_resized(rgb, _SALIENCY_SIDE_PX))
    height, width = seen.shape
    across, down = seen.sum(axis=0), seen.sum(axis=1)
    variance = _variance(across, np.arange(width) / width) + _variance(down, np.arange(height) / height)
    compact = (_SCATTERED - float(np.sqrt(variance))) / (_SCATTERED - _COMPACT)
    return min(1.0, max(0.0, compact)) * float(down[: round(height * _TITLE_FROM)].sum())


def _variance(weights: Luma, places: NDArray[np.float64]) -> float:
    middle = float((weights * places).sum())
    return float((weights * (places - middle) ** 2).sum())
