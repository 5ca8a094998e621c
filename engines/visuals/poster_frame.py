"""Which frame stands for a short: sharp, rich in contrast, neither black nor burnt out."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from engines.visuals.color import Pixels
from models.shots import Footage, Shot

MOST_STILLS, MOST_CLIPS = 8, 4
_MOST_OF_A_CLIP = 3
_SCORED_WIDTH_PX = 270  # with a median filter on top, noise goes and edges stay
_SHARP_ENOUGH = 20.0  # standard deviation of the Laplacian, above which sharper is no better
_BLACK, _WHITE = 18, 245


class Candidate(NamedTuple):
    """A frame that may become the poster: of which scene, and its number in it."""

    scene: int
    frame: int


def candidates(shots: Sequence[Shot], frame_counts: Sequence[int]) -> tuple[Candidate, ...]:
    """Return frames spread over the scenes: of stills the middle, of clips one to three, never the first.

    A still is at hand; a clip has to be decoded from its last key frame on, so that fewer of them are looked at.
    """
    stills = [scene for scene, shot in enumerate(shots) if not isinstance(shot.picture, Footage)]
    clips = [scene for scene, shot in enumerate(shots) if isinstance(shot.picture, Footage)]
    each = max(1, min(_MOST_OF_A_CLIP, MOST_CLIPS // max(1, len(clips))))
    moments = [(2 * number + 1, 2 * each) for number in range(each)] if each > 1 else [(1, 3)]
    chosen = [
        *(Candidate(scene, frame_counts[scene] // 2) for scene in _spread(stills, MOST_STILLS)),
        *(
            Candidate(scene, frame_counts[scene] * share // whole)
            for scene in _spread(clips, MOST_CLIPS)
            for share, whole in moments
        ),
    ]
    return tuple(sorted(chosen))


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


def _spread(scenes: Sequence[int], most: int) -> list[int]:
    """Return up to `most` of the scenes, evenly spread, the first among them."""
    count = min(len(scenes), most)
    return [scenes[number * len(scenes) // count] for number in range(count)]
