"""ASS: pages written for libass, one event per line (or moving word) and state, so that little is drawn anew."""

from collections.abc import Iterator, Sequence
from functools import partial

from engines.subtitles import animations
from engines.subtitles.boxes import around, drawing
from engines.subtitles.fonts import Face, Run
from engines.subtitles.layout import Rectangle, reach
from engines.subtitles.lines import Line, Look, lines_of
from engines.subtitles.states import centis, word_states
from engines.subtitles.text import clusters, spacing, written
from models.captions import Box, Page
from models.timeline import WordTiming

WORD_JOINER, LTR_MARK, RTL_MARK = "\u2060\u200e\u200f"  # libass draws nothing for them
PAGE_BOX_LAYER, WORD_BOX_LAYER, SHADOW_LAYER, TEXT_LAYER = range(4)
_ANCHORS = {"left": 1, "center": 2, "right": 3}
_CENTRED = "\\an5"

# TV.709: ffmpeg's filter converts the text's colours by this line, whatever the frames are tagged as.
_HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
LayoutResX: {width}
LayoutResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709
Kerning: yes
Language: {language}

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Text,{font},{size:.2f},{color},{color},{outline_color},&H00000000,0,0,0,0,100,100,0,0,1,{outline:.2f},0,\
{anchor},0,0,0,-1
Style: Shadow,{font},{size:.2f},{shadow_fill},{shadow_color},{shadow_color},&H00000000,0,0,0,0,100,100,0,0,1,\
{outline:.2f},0,{anchor},0,0,0,-1
Style: Box,{font},{size:.2f},&H00FFFFFF,&H00FFFFFF,&H00FFFFFF,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def write_ass(pages: Sequence[Page], look: Look) -> str:
    """Return one scene's pages as an ASS script; its times count from the scene's first frame.

    Times are rounded down to ASS's hundredths, so a word lights up on the frame shown at its start or on the next
    one. Events of a line join without gap or overlap.
    """
    events = [
        event
        for page, lines in zip(pages, lines_of(pages, look), strict=True)
        if _lasts(page.start_ms, page.end_ms)
        for event in _page_events(page, lines, look)
    ]
    return _head(look) + "".join(f"{event}\n" for event in events)


def escape_text(text: str) -> str:
    """Return plain one-line text so that libass prints every character of it, and obeys none."""
    joined = text.replace("\\", "\\" + WORD_JOINER)  # \\N, \\n, \\h and \\{ only work undivided
    return joined.replace("{", "\\{").replace("}", "\\}")


def _head(look: Look) -> str:
    style, frame, fonts = look.style, look.frame, look.fonts
    # Where the words with their outlines cover the inside of their shadows anyway, that need not be drawn.
    is_covered = 0 < style.shadow_offset_px <= style.outline_px
    return _HEAD.format(
        width=frame.width_px,
        height=frame.height_px,
        language=look.language,
        font=fonts.primary.ass_name,
        size=fonts.primary.ass_size(style.size_px * frame.unit),
        color=f"&H00{_bgr(style.color)}",
        outline_color=f"&H00{_bgr(style.outline_color)}",
        shadow_fill=f"&H{_alpha(0 if is_covered else style.shadow_opacity)}{_bgr(style.shadow_color)}",
        shadow_color=f"&H{_alpha(style.shadow_opacity)}{_bgr(style.shadow_color)}",
        outline=style.outline_px * frame.unit,
        anchor=_ANCHORS[style.alignment],
    )


def _page_events(page: Page, lines: Sequence[Line], look: Look) -> Iterator[str]:
    if look.style.box is not None:
        yield _page_box(page, lines, look.style.box, look)
    for line in lines:
        if look.word_box is not None:
            yield from _word_boxes(line, look.word_box, look)
        if animations.moves_words(look.style.animation):
            yield from _word_events(line, look)
        else:
            yield from _line_events(line, look)


# --- a line that stays together --------------------------------------------------------------------------------


def _line_events(line: Line, look: Look) -> Iterator[str]:
    style, page = look.style, line.page
    size = f"\\fs{look.fonts.primary.ass_size(line.em_px):.2f}"
    texts = [_text(word.text + spacing(line.words, index), line, look) for index, word in enumerate(line.words)]
    below_px = _descent_px([word.text for word in line.words], line, look)
    if look.style.shadow_opacity:
        blur = f"\\blur{style.shadow_blur_px * look.frame.unit:.2f}"
        spot = _spot(line.placed.x_px, below_px + look.shadow_px, 0, line, look)
        tags = f"{{{spot}{blur}{size}}}"
        yield _event(SHADOW_LAYER, page.start_ms, page.end_ms, "Shadow", tags + _direction(line) + "".join(texts))
    lit = range(line.first, line.first + len(line.words)) if style.highlight else range(0)
    for start_ms, end_ms, spoken in word_states(page, lit):
        # \2c is never drawn; that it alternates makes every word a run of its own, which libass then rasterises
        # alike whatever its neighbours' colours.
        colored = [
            f"{{\\1c&H{_color(look, index == spoken)}&\\2c&H{index % 2}&{_outline(index == spoken, look)}}}{text}"
            for index, text in enumerate(texts, start=line.first)
        ]
        spot = _spot(line.placed.x_px, below_px, start_ms - page.start_ms, line, look)
        yield _event(TEXT_LAYER, start_ms, end_ms, "Text", f"{{{spot}{size}}}{_direction(line)}" + "".join(colored))


def _outline(spoken: bool, look: Look) -> str:
    """Return the tag that takes the outline off a word in a box, which needs none, or nothing without boxes."""
    if look.word_box is None:
        return ""
    return "\\bord0" if spoken else f"\\bord{look.style.outline_px * look.frame.unit:.2f}"


def _spot(x_px: float, below_px: float, since_ms: int, line: Line, look: Look) -> str:
    """Return the tags that place and bring in an event whose anchor is `below_px` under the baseline."""
    y_px, animation = line.placed.baseline_px + below_px, look.style.animation
    place_tags = animations.position(animation, x_px, y_px, em_px=line.em_px, since_ms=since_ms)
    return place_tags + animations.fade(animation, since_ms)


# --- words that move by themselves -----------------------------------------------------------------------------


def _word_events(line: Line, look: Look) -> Iterator[str]:
    size = f"\\fs{look.fonts.primary.ass_size(line.em_px):.2f}"
    for index, word in enumerate(line.words):
        left_em, right_em = line.spans.word(index)
        x_px = line.x_px((left_em + right_em) / 2, look.style)
        text = _direction(line) + _text(word.text, line, look)
        y_px = line.placed.baseline_px + _middle_px(word.text, line, look)
        for start_ms, end_ms, spoken in _states_of(line, index, look):
            sprung = animations.spring(look.style.animation, start_ms - word.start_ms) if _begun(word, start_ms) else ""
            if look.style.shadow_opacity:
                blur = f"\\blur{look.style.shadow_blur_px * look.frame.unit:.2f}"
                tags = f"{{{_CENTRED}\\pos({x_px:.2f},{y_px + look.shadow_px:.2f}){blur}{size}{sprung}}}"
                yield _event(SHADOW_LAYER, start_ms, end_ms, "Shadow", tags + text)
            color = f"\\1c&H{_color(look, spoken)}&{_outline(spoken, look)}"
            tags = f"{{{_CENTRED}\\pos({x_px:.2f},{y_px:.2f}){size}{color}{sprung}}}"
            yield _event(TEXT_LAYER, start_ms, end_ms, "Text", tags + text)


def _states_of(line: Line, index: int, look: Look) -> Iterator[tuple[int, int, bool]]:
    """Yield (start_ms, end_ms, spoken) of one word: with pop from when it is said, else for the whole page."""
    number, word = line.first + index, line.words[index]
    opens_ms = word.start_ms if animations.waits_for_speech(look.style.animation) else line.page.start_ms
    for start_ms, end_ms, spoken in word_states(line.page, range(number, number + 1)):
        if _lasts(max(start_ms, opens_ms), end_ms):
            yield max(start_ms, opens_ms), end_ms, spoken is not None


def _begun(word: WordTiming, time_ms: int) -> bool:
    return centis(time_ms) >= centis(word.start_ms)


def _middle_px(text: str, line: Line, look: Look) -> float:
    """Return how far below the baseline the middle of libass's line box lies, which \\an5 anchors."""
    faces = _faces([text], look)
    return (max(face.descent for face in faces) - max(face.ascent for face in faces)) / 2 * line.em_px


# --- boxes -----------------------------------------------------------------------------------------------------


def _page_box(page: Page, lines: Sequence[Line], box: Box, look: Look) -> str:
    covered = [_covered(line, 0.0, line.spans.width_em, look) for line in lines]
    whole = Rectangle(
        min(part.left_px for part in covered),
        min(part.top_px for part in covered),
        max(part.right_px for part in covered),
        max(part.bottom_px for part in covered),
    )
    return _box_event(PAGE_BOX_LAYER, (page.start_ms, page.end_ms), whole, box, lines[0], look)


def _word_boxes(line: Line, box: Box, look: Look) -> Iterator[str]:
    for start_ms, end_ms, spoken in word_states(line.page, range(line.first, line.first + len(line.words))):
        if spoken is not None:
            covered = _covered(line, *line.spans.word(spoken - line.first), look)
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
    spot = _spot(shape.left_px, below_px, times_ms[0] - line.page.start_ms, line, look)
    paint = f"\\1c&H{_bgr(box.color)}&\\1a&H{_alpha(box.opacity)}&\\p1"
    return _event(layer, *times_ms, "Box", f"{{{spot}{paint}}}{drawing(shape, box, unit=look.frame.unit)}")


# --- text ------------------------------------------------------------------------------------------------------


def _text(text: str, line: Line, look: Look) -> str:
    """Return text, escaped, with the tags that switch fonts and back again."""
    shown, face = "", look.fonts.primary
    for run in (*look.fonts.runs(text), Run(look.fonts.primary, "")):
        if run.face is not face:
            face = run.face
            shown += f"{{\\fn{face.ass_name}\\fs{face.ass_size(line.em_px):.2f}}}"
        shown += "".join(map(partial(_room, look=look), clusters(run.text))) if face.is_emoji else escape_text(run.text)
    return shown


def _room(emoji: str, look: Look) -> str:
    """Return an emoji or, where a picture will be laid over it, one that cannot be seen."""
    pictured = look.emoji is not None and look.emoji.has(emoji)
    return f"{{\\alpha&HFF&}}{emoji}{{\\alpha}}" if pictured else emoji


def _descent_px(texts: Sequence[str], line: Line, look: Look) -> float:
    """Return how far below the baseline libass puts a line's bottom edge, where \\an1 to \\an3 anchor it."""
    return max(face.descent for face in _faces(texts, look)) * line.em_px


def _faces(texts: Sequence[str], look: Look) -> set[Face]:
    """Return the faces that libass makes room for: the primary one, in which the direction mark is, and the texts'."""
    return {look.fonts.primary, *(run.face for text in texts for run in look.fonts.runs(text))}


def _color(look: Look, spoken: bool) -> str:
    return _bgr(look.style.highlight.color if spoken and look.style.highlight else look.style.color)


def _direction(line: Line) -> str:
    """Return the mark from which libass takes a line's direction: it would go by the first letter."""
    return RTL_MARK if line.rtl else LTR_MARK


def _event(layer: int, start_ms: int, end_ms: int, style: str, text: str) -> str:
    return f"Dialogue: {layer},{_clock(start_ms)},{_clock(end_ms)},{style},,0,0,0,,{text}"


def _lasts(start_ms: int, end_ms: int) -> bool:
    return centis(end_ms) > centis(start_ms)


def _clock(time_ms: int) -> str:
    minutes, hundredths = divmod(centis(time_ms), 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{hundredths // 100:02}.{hundredths % 100:02}"


def _bgr(color: str) -> str:
    return (color[5:7] + color[3:5] + color[1:3]).upper()


def _alpha(opacity: float) -> str:
    return f"{round(255 * (1 - opacity)):02X}"
