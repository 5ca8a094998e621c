"""Typeset the captions."""

from blocks.store import open_store
from engines.subtitles.typeset import typeset
from engines.timebase import frame_to_ms
from models.caption_settings import Captions
from models.captions import CaptionedScene
from models.encoding import FrameFormat
from models.report import CaptionSet
from models.timeline import Narration, Timeline
from tasks.library import caption_library
from tasks.retries import step


@step(version=2, run_name="typeset_captions")
def typeset_captions(
    narrations: tuple[Narration | None, ...],
    timeline: Timeline,
    captions: Captions,
    video: FrameFormat,
    language: str,
    first_number: int,
    library: str,
) -> CaptionSet:
    """Return an ASS file per scene with words, and the SRT and WebVTT of the whole short.

    Raises SceneError for text that no font covers.
    """
    store = open_store()
    with store.scratch() as folder:
        result = typeset(
            _captioned(narrations, timeline, first_number),
            captions=captions,
            canvas_px=(video.width_px, video.height_px),
            library=caption_library(),
            language=language,
            output_dir=folder,
        )
        return CaptionSet(
            scenes=tuple(path and store.put(path, "text/x-ass", move=True) for path in result.scenes),
            images=tuple(() for _ in result.scenes),
            srt=store.put(result.srt, "application/x-subrip", move=True),
            vtt=store.put(result.vtt, "text/vtt", move=True),
        )


def _captioned(narrations: tuple[Narration | None, ...], timeline: Timeline, first_number: int) -> list[CaptionedScene]:
    return [
        CaptionedScene(
            number=slot.index + first_number,
            words=narration.words if narration else (),
            speech_offset_ms=slot.speech_offset_ms,
            start_ms=frame_to_ms(slot.start_frame, timeline.fps),
            duration_ms=frame_to_ms(slot.frame_count, timeline.fps),
        )
        for narration, slot in zip(narrations, timeline.slots, strict=True)
    ]
