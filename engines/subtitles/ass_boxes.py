"""Events of boxes: the rounded rectangles behind a page or behind the spoken word."""

from collections.abc import Iterator, Sequence

from engines.subtitles.ass_events import PAGE_BOX_LAYER, WORD_BOX_LAYER, event, spot
from engines.subtitles.ass_text import alpha, bgr
from engines.subtitles.boxes import around, drawing
from engines.subtitles.layout import Rectangle, reach
from engines.subtitles.lines import Line, Look
from engines.subtitles.states import word_states
from engines.subtitles.text import written
from models.captions import Box, Page


def page_box(page: Page, lines: Sequence[Line], box: Box, look: Look) -> str:
    """Return the event of the box around all lines of a page."""
    covered = [_covered(line, 0.0, line.spans.width_em, look) for line in lines]
    whole = Rectangle(
        min(part.left_px for part in covered),
        min(part.top_px for part in covered),
        max(part.right_px for part in covered),
        max(part.bottom_px for part in covered),
    )
    return _box_event(PAGE_BOX_LAYER, (page.start_ms, page.end_ms), whole, box, lines[0], look)


def word_boxes(line: Line, box: Box, look: Look) -> Iterator[str]:
    """Yield an event of a box for each time that one word of a line is the spoken one."""
    for start_ms, end_ms, spoken in word_states(line.page, range(line.first, line.first + len(line.words))):
        if spoken:
            edges_em = [line.spans.word(index - line.first) for index in spoken]
            left_em, right_em = min(left for left, _ in edges_em), max(right for _, right in edges_em)
            covered = _covered(line, left_em, right_em, look)
            yield _box_event(WORD_BOX_LAYER, (start_ms, end_ms), covered, box, line, look)


def _covered(line: Line, left_em: float, right_em: float, look: Look) -> Rectangle:
    """Return the part of the canvas between two points of a line, as high as the line reaches."""
    ink = reach(written(line.words), style=look.style, fonts=look.fonts)
    return Rectangle(
        line.x_px(left_em, look.style),
        line.placed.baseline_px - ink.above_px * line.em_px,
        line.x_px(right_em, look.style),
        line.placed.baseline_px + ink.below_px * line.em_px,
    )


def _box_event(layer: int, times_ms: tuple[int, int], covered: Rectangle, box: Box, line: Line, look: Look) -> str:
    shape = around(covered, box, unit=look.frame.unit)
    below_px = shape.top_px - line.placed.baseline_px
    place = spot(shape.left_px, below_px, times_ms[0] - line.page.start_ms, line, look)
    paint = f"\\1c&H{bgr(box.color)}&\\1a&H{alpha(box.opacity)}&\\p1"
    return event(layer, *times_ms, "Box", f"{{{place}{paint}}}{drawing(shape, box, unit=look.frame.unit)}")
