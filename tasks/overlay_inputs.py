"""What `draw_overlays` is given, and whether there is anything to draw."""

from collections.abc import Mapping, Sequence
from typing import Any

from engines.branding import numbers_of, role_of
from engines.timebase import frame_to_ms
from models.encoding import FrameFormat
from models.graphics import Corner, ProgressBar, StagedScene
from models.media import Source
from models.report import CaptionSet
from models.scene import Scene
from models.spec import ShortSpec
from models.timeline import Timeline
from tasks.library import library_version


def has_overlays(spec: ShortSpec, scenes: Sequence[Scene]) -> bool:
    """Return whether anything but captions is drawn over the scenes."""
    said = spec.overlays
    texts = (said.title_card, said.hook, said.lower_third, said.end_card, *(scene.lower_third for scene in scenes))
    marks = said.progress_bar is not ProgressBar.NONE or said.watermark is not Corner.NONE
    return marks or any(text.strip() for text in texts)


def for_overlays(
    spec: ShortSpec,
    scenes: Sequence[Scene],
    sources: Mapping[str, Source],
    captions: CaptionSet,
    timeline: Timeline,
    frame: FrameFormat,
) -> dict[str, Any]:
    """Return the inputs of `draw_overlays`."""
    staged = tuple(
        StagedScene(
            number=number,
            role=role_of(scene),
            lower_third=scene.lower_third,
            start_ms=frame_to_ms(slot.start_frame, timeline.fps),
            duration_ms=frame_to_ms(slot.frame_count, timeline.fps),
            transition_ms=frame_to_ms(slot.transition_frames, timeline.fps),
        )
        for number, scene, slot in zip(numbers_of(scenes), scenes, timeline.slots, strict=True)
    )
    return {
        "captions": captions,
        "scenes": staged,
        "settings": spec.overlays,
        "captioning": spec.captions,
        "language": spec.language,
        "logo": sources[spec.overlays.logo] if spec.overlays.logo else None,
        "video": frame,
        "library": library_version(),
    }
