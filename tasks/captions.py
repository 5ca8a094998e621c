"""Typeset the captions."""

from collections.abc import Sequence

from blocks.store import ArtifactStore, open_store
from engines.branding import numbers_of
from engines.shaping import require_shaping
from engines.subtitles.cue_files import read_cues, within
from engines.subtitles.own_text import shown_words
from engines.subtitles.typeset import check_texts, typeset
from engines.timebase import frame_to_ms
from engines.visuals.probe import require_subtitles
from models.caption_settings import Captions
from models.captions import CaptionedScene, CaptionTexts, Cue
from models.encoding import FrameFormat
from models.media import Source
from models.report import CaptionSet
from models.scene import Scene
from models.timeline import Narration, Timeline
from tasks.caption_texts import caption_texts
from tasks.cuts import Cuts
from tasks.library import caption_library
from tasks.placed import placed_images
from tasks.retries import step


@step(version=5, run_name="typeset_captions", exclude=("first_number",))
def typeset_captions(
    narrations: tuple[Narration | None, ...],
    said: CaptionTexts,
    timeline: Timeline,
    captions: Captions,
    video: FrameFormat,
    first_number: int,
    library: str,
) -> CaptionSet:
    """Return an ASS file and emoji per scene with captions, and the SRT and WebVTT of the whole short.

    Raises SceneError for text that no font covers, SourceUnreadable for cues that cannot be read.
    """
    store = open_store()
    own = None if said.cues is None else _cues(store, said.cues)
    with store.scratch() as folder:
        result = typeset(
            _captioned(narrations, said.scenes, own, timeline, first_number),
            captions=captions,
            canvas_px=(video.width_px, video.height_px),
            library=caption_library(),
            language=said.language,
            output_dir=folder,
            sidecar=own and within(own, start_ms=0, end_ms=frame_to_ms(timeline.frame_count, timeline.fps)),
        )
        return CaptionSet(
            images=tuple(placed_images(store, pictures) for pictures in result.pictures),
            scenes=tuple(path and store.put(path, "text/x-ass", move=True) for path in result.scenes),
            srt=store.put(result.srt, "application/x-subrip", move=True),
            vtt=store.put(result.vtt, "text/vtt", move=True),
        )


def check_captions(cuts: Cuts, scenes: Sequence[Scene]) -> None:
    """Raise before anything is made what typesetting would raise in the end.

    That is PresetUnknown, PresetInvalid, FontUnknown, ShaperMissing for the title, and SceneError for a missing
    translation, script or shaper.
    """
    require_shaping("".join(f"{cut.spec.title} {cut.spec.poster.title}" for cut in cuts.values()))
    numbers = numbers_of(scenes)
    for spec in {cut.spec.captions: cut.spec for cut in cuts.values()}.values():
        texts = zip(numbers, scenes, caption_texts(spec, scenes), strict=True)
        shown = {} if spec.captions.source else {number: text or scene.narration for number, scene, text in texts}
        language = spec.captions.language or spec.language
        check_texts(shown, captions=spec.captions, library=caption_library(), language=language)


def _cues(store: ArtifactStore, cues: Source) -> tuple[Cue, ...]:
    require_subtitles(cues.info, cues.uri)
    assert cues.blob is not None
    return read_cues(store.local_path(cues.blob), source=cues.uri)


def _captioned(
    narrations: tuple[Narration | None, ...],
    texts: tuple[str | None, ...],
    cues: tuple[Cue, ...] | None,
    timeline: Timeline,
    first_number: int,
) -> list[CaptionedScene]:
    scenes = []
    for narration, text, slot in zip(narrations, texts, timeline.slots, strict=True):
        start_ms, duration_ms = (frame_to_ms(frame, timeline.fps) for frame in (slot.start_frame, slot.frame_count))
        said = narration.words if narration else ()
        words = said if text is None else shown_words(text, said, duration_ms=duration_ms)
        scenes.append(
            CaptionedScene(
                number=slot.index + first_number,
                words=words,
                cues=None if cues is None else within(cues, start_ms=start_ms, end_ms=start_ms + duration_ms),
                speech_offset_ms=slot.speech_offset_ms,
                start_ms=start_ms,
                duration_ms=duration_ms,
            )
        )
    return scenes
