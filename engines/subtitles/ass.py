"""ASS: pages written for libass, one event per line (or moving word) and state, so that little is drawn anew."""

from collections.abc import Iterator, Sequence

from engines.subtitles import animations
from engines.subtitles.ass_boxes import page_box, word_boxes
from engines.subtitles.ass_head import script_head
from engines.subtitles.ass_lines import line_events, word_events
from engines.subtitles.ass_text import alpha, bgr
from engines.subtitles.lines import Line, Look, lines_of
from engines.subtitles.states import centis
from models.captions import Page

_ANCHORS = {"left": 1, "center": 2, "right": 3}

_STYLES = (
    "Style: Text,{font},{size:.2f},{color},{color},{outline_color},&H00000000,0,0,0,0,100,100,0,0,1,{outline:.2f},0,"
    "{anchor},0,0,0,-1",
    "Style: Shadow,{font},{size:.2f},{shadow_fill},{shadow_color},{shadow_color},&H00000000,0,0,0,0,100,100,0,0,1,"
    "{outline:.2f},0,{anchor},0,0,0,-1",
    "Style: Box,{font},{size:.2f},&H00FFFFFF,&H00FFFFFF,&H00FFFFFF,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,1",
)


def write_ass(pages: Sequence[Page], look: Look) -> str:
    """Return one scene's pages as an ASS script; its times count from the scene's first frame.

    Times are rounded down to ASS's hundredths, so a word lights up on the frame shown at its start or on the next
    one. Events of a line join without gap or overlap.
    """
    events = [
        event
        for page, lines in zip(pages, lines_of(pages, look), strict=True)
        if centis(page.end_ms) > centis(page.start_ms)
        for event in _page_events(page, lines, look)
    ]
    return _head(look) + "".join(f"{event}\n" for event in events)


def _head(look: Look) -> str:
    style, frame, fonts = look.style, look.frame, look.fonts
    # Where the words with their outlines cover the inside of their shadows anyway, that need not be drawn.
    is_covered = 0 < style.shadow_offset_px <= style.outline_px
    values = {
        "font": fonts.primary.ass_name,
        "size": fonts.primary.ass_size(style.size_px * frame.unit),
        "color": f"&H00{bgr(style.color)}",
        "outline_color": f"&H00{bgr(style.outline_color)}",
        "shadow_fill": f"&H{alpha(0 if is_covered else style.shadow_opacity)}{bgr(style.shadow_color)}",
        "shadow_color": f"&H{alpha(style.shadow_opacity)}{bgr(style.shadow_color)}",
        "outline": style.outline_px * frame.unit,
        "anchor": _ANCHORS[style.alignment],
    }
    styles = [style_line.format(**values) for style_line in _STYLES]
    return script_head((frame.width_px, frame.height_px), styles=styles, language=look.language)


def _page_events(page: Page, lines: Sequence[Line], look: Look) -> Iterator[str]:
    if look.style.box is not None:
        yield page_box(page, lines, look.style.box, look)
    for line in lines:
        if look.word_box is not None:
            yield from word_boxes(line, look.word_box, look)
        if animations.moves_words(look.style.animation):
            yield from word_events(line, look)
        else:
            yield from line_events(line, look)
