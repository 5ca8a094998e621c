"""Which frame stands for a short: sharp, rich in contrast, neither black nor burnt out."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from engines.visuals.color import Pixels
from models.shots import Footage, Shot

MOST_CANDIDATES = 8
_MOST_OF_A_CLIP = 3
_SCORED_WIDTH_PX = 270  # with a median filter on top, noise goes and edges stay
_SHARP_ENOUGH = 20.0  # standard deviation of the Laplacian, above which sharper is no better
_BLACK, _WHITE = 18, 245


class Candidate(NamedTuple):
    """A frame that may become the poster: of which scene, and its number in it."""

    scene: int
    frame: int


def candidates(shots: Sequence[Shot], frame_counts: Sequence[int]) -> tuple[Candidate, ...]:
    """Return frames spread over the scenes: one of each still's middle, up to three of a clip, never a clip's first."""
    spread = _spread(len(shots), MOST_CANDIDATES)
    each = max(1, min(_MOST_OF_A_CLIP, MOST_CANDIDATES // len(spread)))
    return tuple(
        Candidate(scene, frame_counts[scene] * (2 * number + 1) // (2 * count))
        for scene in spread
        for count in [each if isinstance(shots[scene].picture, Footage) else 1]
        for number in range(count)
    )


def frame_score(rgb: Pixels) -> float:
    """Return how well a frame, uint8 of shape (height, width, 3), would stand for its short: 0 to 1, more is better."""
    height = max(1, rgb.shape[0] * _SCORED_WIDTH_PX // rgb.shape[1])
    small = cv2.resize(rgb, (_SCORED_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    luma = cv2.medianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), 3)
    sharpness = min(1.0, float(cv2.Laplacian(luma, cv2.CV_32F).std()) / _SHARP_ENOUGH)
    low, high = np.percentile(luma, (5, 95))
    contrast = float(high - low) / 255
    exposed = float(((luma > _BLACK) & (luma < _WHITE)).mean())
    return sharpness * contrast * (0.6 + 0.4 * exposed)  # a black sky is no fault


def _spread(count: int, most: int) -> list[int]:
    """Return up to `most` of the indices below `count`, evenly spread, the first among them."""
    chosen = min(count, most)
    return [number * count // chosen for number in range(chosen)]
