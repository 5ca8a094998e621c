"""Cues: the same words as readable subtitle lines for sidecar files, in the short's own time."""

from collections.abc import Sequence

from engines.subtitles.pages import paginate
from engines.subtitles.text import plain_text, written
from engines.subtitles.unspaced import split_unspaced
from models.captions import CaptionedScene, Cue, Page
from models.timeline import WordTiming

MAX_CHARS_PER_LINE = 42
MAX_LINES = 2
MAX_WORDS = 18
MIN_DURATION_MS = 1000


def make_cues(scenes: Sequence[CaptionedScene], *, language: str) -> tuple[Cue, ...]:
    """Return the narration as cues of at most two lines of 42 characters, in order and never overlapping.

    A cue that would be too short to read stays up to a second, as far as the next cue leaves room.
    """
    pages = [(scene.start_ms, page) for scene in scenes for page in _scene_pages(scene, language=language)]
    starts = [start_ms + page.start_ms for start_ms, page in pages]
    last_ms = max((scene.start_ms + scene.duration_ms for scene in scenes), default=0)
    cues: list[Cue] = []
    for (scene_ms, page), start_ms, next_ms in zip(pages, starts, [*starts, last_ms][1:], strict=True):
        end_ms = min(max(scene_ms + page.end_ms, start_ms + MIN_DURATION_MS), next_ms)
        cues.append(Cue(start_ms=start_ms, end_ms=max(start_ms, end_ms), text=_cue_text(page)))
    return tuple(cues)


def scene_words(scene: CaptionedScene) -> tuple[WordTiming, ...]:
    """Return the scene's words, timed from the scene's first frame."""
    return tuple(
        word.model_copy(
            update={
                "start_ms": min(word.start_ms + scene.speech_offset_ms, scene.duration_ms),
                "end_ms": min(word.end_ms + scene.speech_offset_ms, scene.duration_ms),
            }
        )
        for word in scene.words
    )


def _scene_pages(scene: CaptionedScene, *, language: str) -> tuple[Page, ...]:
    plain = [word.model_copy(update={"text": plain_text(word.text)}) for word in scene_words(scene)]
    words = [word for word in plain if word.text]
    return paginate(
        split_unspaced(words, measure=len, max_width_px=MAX_CHARS_PER_LINE, language=language),
        max_lines=MAX_LINES,
        max_words=MAX_WORDS,
        max_width_px=MAX_CHARS_PER_LINE,  # measured in characters
        measure=len,
        scene_end_ms=scene.duration_ms,
        language=language,
    )


def _cue_text(page: Page) -> str:
    return "\n".join(written(line) for line in page.lines)
