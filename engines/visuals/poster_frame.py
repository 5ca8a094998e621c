"""Which frames of a short may become its poster; `poster_score` says how well each would stand for it."""

from collections.abc import Sequence
from typing import NamedTuple

from models.shots import Footage, Shot

MOST_STILLS, MOST_CLIPS = 8, 4
_MOST_OF_A_CLIP = 3


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


def _spread(scenes: Sequence[int], most: int) -> list[int]:
    """Return up to `most` of the scenes, evenly spread, the first among them."""
    count = min(len(scenes), most)
    return [scenes[number * len(scenes) // count] for number in range(count)]
