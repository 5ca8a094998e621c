"""Plan the timeline: from what each scene needs to the whole frames it gets. Pure."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from engines.errors import SceneError
from engines.timebase import frames_covering, frames_nearest
from models.timeline import SceneSlot, Timeline

LEAD_MS = 100
TAIL_MS = 200


class SceneNeeds(NamedTuple):
    """What decides a scene's length, in milliseconds; 0 where it has none."""

    speech_ms: int = 0
    min_duration_ms: int = 0
    footage_ms: int = 0
    transition_ms: int = 0


def plan_timeline(scenes: Sequence[SceneNeeds], *, fps: Fraction, first_number: int = 1) -> Timeline:
    """Give every scene its own whole number of frames, one after the other.

    A scene lasts as long as its speech with a breath before and after it, and at least its least duration; a silent
    scene without one lasts as long as its footage. Each length is rounded up by itself, so that a change in one scene
    never changes the frames of another. Raises SceneError for a scene that nothing gives a length, counted from
    `first_number` on.
    """
    lengths = [
        frames_covering(_duration_ms(number, needs), fps) for number, needs in enumerate(scenes, start=first_number)
    ]
    slots: list[SceneSlot] = []
    start_frame = 0
    for index, (needs, frame_count) in enumerate(zip(scenes, lengths, strict=True)):
        shorter = min(frame_count, lengths[index - 1]) if index else 0
        slots.append(
            SceneSlot(
                index=index,
                start_frame=start_frame,
                frame_count=frame_count,
                transition_frames=min(frames_nearest(needs.transition_ms, fps), shorter // 2),
                speech_offset_ms=LEAD_MS if needs.speech_ms else 0,
            )
        )
        start_frame += frame_count
    return Timeline(fps=fps, slots=tuple(slots))


def _duration_ms(number: int, needs: SceneNeeds) -> int:
    spoken_ms = LEAD_MS + needs.speech_ms + TAIL_MS if needs.speech_ms else 0
    duration_ms = max(spoken_ms, needs.min_duration_ms) or needs.footage_ms
    if not duration_ms:
        raise SceneError(scene=number, reason="nothing gives its length: add narration, min_duration_ms or a clip")
    return duration_ms
