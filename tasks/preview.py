"""What a preview asks for: a draft of the spec, and single frames of it. Pure."""

from collections.abc import Mapping, Sequence

from engines.branding import names_of
from engines.errors import FrameOutOfRange
from engines.timebase import frame_at, frame_to_ms
from models.artifacts import ArtifactRef
from models.canvas import Quality
from models.export import Export
from models.scene import Scene
from models.spec import ShortSpec
from models.timeline import SceneSlot, Timeline
from tasks.cut_inputs import SegmentKey
from tasks.cuts import MAIN, Cuts
from tasks.publish import replacing_itself
from tasks.retries import Inputs

SUFFIX = "-preview"
_MOST_TRIPLES = 24  # a sheet of more scenes shows one frame of each
_PLACES = (0.1, 0.5, 0.9)

FramePlace = tuple[int, int]  # a scene's index, and a frame of it


def draft_of(spec: ShortSpec) -> ShortSpec:
    """Return the spec of a draft: small, the main video alone, and nobody is called back."""
    return replacing_itself(spec).model_copy(
        update={"quality": Quality.PREVIEW, "export": Export(), "variants": (), "callback_url": None}
    )


def moments(at_ms: Sequence[int], timeline: Timeline) -> dict[int, FramePlace]:
    """Return which frame of which scene is shown at each time. Raises FrameOutOfRange."""
    duration_ms = frame_to_ms(timeline.frame_count, timeline.fps)
    places = {}
    for time_ms in at_ms:
        frame = frame_at(time_ms, timeline.fps)
        if not 0 <= frame < timeline.frame_count:
            raise FrameOutOfRange(time_ms=time_ms, duration_ms=duration_ms)
        slot = next(slot for slot in reversed(timeline.slots) if slot.start_frame <= frame)
        places[time_ms] = (slot.index, frame - slot.start_frame)
    return places


def overview(timeline: Timeline) -> tuple[FramePlace, ...]:
    """Return the frames that show the short at a glance, as many of each scene, in order.

    Where a scene has a transition, the first of three is in its middle.
    """
    if len(timeline.slots) > _MOST_TRIPLES:
        return tuple((slot.index, slot.frame_count // 2) for slot in timeline.slots)
    return tuple((slot.index, frame) for slot in timeline.slots for frame in _three(slot))


def for_frames(
    cuts: Cuts, burns: Mapping[SegmentKey, Inputs], places: Sequence[FramePlace]
) -> dict[FramePlace, Inputs]:
    """Return the inputs of `draw_frame` by place, from those of `burn_subtitles`, in the main video."""
    file = cuts[MAIN].renditions[0].file
    drawn = {place: {**burns[MAIN, file, place[0]], "frame": place[1]} for place in places}
    return {place: {name: given for name, given in of.items() if name != "role"} for place, of in drawn.items()}


def for_sheet(
    places: Sequence[FramePlace],
    frames: Mapping[FramePlace, ArtifactRef],
    timeline: Timeline,
    scenes: Sequence[Scene],
) -> Inputs:
    """Return the inputs of `make_contact_sheet`."""
    by_scene: dict[int, list[ArtifactRef]] = {}
    for place in places:
        by_scene.setdefault(place[0], []).append(frames[place])
    return {
        "frames": tuple(tuple(of_scene) for of_scene in by_scene.values()),
        "names": names_of(scenes),
        "timeline": timeline,
    }


def file_name(time_ms: int) -> str:
    """Return the name of the picture of the frame at a time."""
    return f"frame-{time_ms / 1000:.3f}s.png"


def _three(slot: SceneSlot) -> list[int]:
    first, *others = (int(slot.frame_count * place) for place in _PLACES)
    return [slot.transition_frames // 2 or first, *others]
