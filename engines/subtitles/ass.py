"""ASS: pages written for libass, one event per line and state, so that only colours change while a page stands."""

from collections.abc import Iterator, Sequence

from engines.subtitles.fonts import FontStack
from engines.subtitles.layout import Frame, Placed, place
from models.captions import CaptionStyle, Page, SafeArea
from models.timeline import WordTiming

WORD_JOINER = "\u2060"  # libass draws nothing for it
HIGHLIGHT_HOLD_MS = 300  # a spoken word stays coloured through pauses up to this
SHADOW_LAYER, TEXT_LAYER = 0, 1
_ANCHORS = {"left": 1, "center": 2, "right": 3}

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

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Text,{font},{size:.2f},{color},{color},{outline_color},&H00000000,0,0,0,0,100,100,0,0,1,{outline:.2f},0,\
{anchor},0,0,0,-1
Style: Shadow,{font},{size:.2f},{shadow_color},{shadow_color},{shadow_color},&H00000000,0,0,0,0,100,100,0,0,1,\
{outline:.2f},0,{anchor},0,0,0,-1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def write_ass(
    pages: Sequence[Page],
    *,
    style: CaptionStyle,
    fonts: FontStack,
    canvas_width_px: int,
    canvas_height_px: int,
    safe_area: SafeArea,
) -> str:
    """Return one scene's pages as an ASS script; its times count from the scene's first frame.

    Times are rounded down to ASS's hundredths, so a word lights up on the frame shown at its start or on the next
    one. Events of a line join without gap or overlap, and differ in nothing but colours.
    """
    frame = Frame.of(width_px=canvas_width_px, height_px=canvas_height_px, safe_area=safe_area, style=style)
    events = [event for page in pages for event in _page_events(page, style=style, frame=frame, fonts=fonts)]
    return _head(style, frame, fonts) + "".join(f"{event}\n" for event in events)


def escape_text(text: str) -> str:
    """Return plain one-line text so that libass prints every character of it, and obeys none."""
    joined = text.replace("\\", "\\" + WORD_JOINER)  # \\N, \\n, \\h and \\{ only work undivided
    return joined.replace("{", "\\{").replace("}", "\\}")


def _head(style: CaptionStyle, frame: Frame, fonts: FontStack) -> str:
    return _HEAD.format(
        width=frame.width_px,
        height=frame.height_px,
        font=fonts.primary.full_name,
        size=fonts.primary.ass_size(style.size_px * frame.unit),
        color=f"&H00{_bgr(style.color)}",
        outline_color=f"&H00{_bgr(style.outline_color)}",
        shadow_color=f"&H{round(255 * (1 - style.shadow_opacity)):02X}{_bgr(style.shadow_color)}",
        outline=style.outline_px * frame.unit,
        anchor=_ANCHORS[style.alignment],
    )


def _page_events(page: Page, *, style: CaptionStyle, frame: Frame, fonts: FontStack) -> Iterator[str]:
    em_px = style.size_px * frame.unit * page.scale
    head = f"\\fs{fonts.primary.ass_size(em_px):.2f}"
    first = 0
    for line, placed in zip(page.lines, place(page, style=style, frame=frame, fonts=fonts), strict=True):
        words = range(first, first + len(line))
        first = words.stop
        texts = _line_texts(line, em_px=em_px, fonts=fonts)
        below_px = _descent_px(line, em_px=em_px, fonts=fonts)
        if style.shadow_opacity > 0 and _centis(page.end_ms) > _centis(page.start_ms):
            blur = f"\\blur{style.shadow_blur_px * frame.unit:.2f}"
            spot = _position(placed, below_px + style.shadow_offset_px * frame.unit)
            yield _event(SHADOW_LAYER, page.start_ms, page.end_ms, "Shadow", f"{{{spot}{blur}{head}}}" + "".join(texts))
        spot = _position(placed, below_px)
        for start_ms, end_ms, spoken in _states(page, words if style.highlight else range(0)):
            # \2c is never drawn; that it alternates makes every word a run of its own, which libass then rasterises
            # alike whatever its neighbours' colours.
            colored = [
                f"{{\\1c&H{_bgr(_word_color(style, index == spoken))}&\\2c&H{index % 2}&}}{text}"
                for index, text in zip(words, texts, strict=True)
            ]
            yield _event(TEXT_LAYER, start_ms, end_ms, "Text", f"{{{spot}{head}}}" + "".join(colored))


def _states(page: Page, words: range) -> Iterator[tuple[int, int, int | None]]:
    """Yield (start_ms, end_ms, spoken) over the page's whole time, without gaps.

    `spoken` is the index in the page of the word that is said, or None while that is none of `words`.
    """
    marks: list[tuple[int, int | None]] = [(page.start_ms, None)]
    following = [word.start_ms for word in page.words[1:]] + [page.end_ms]
    for index, (word, next_ms) in enumerate(zip(page.words, following, strict=True)):
        marks.append((word.start_ms, index if index in words else None))
        if next_ms - word.end_ms > HIGHLIGHT_HOLD_MS:
            marks.append((word.end_ms, None))
    yield from _joined(marks, start_ms=page.start_ms, end_ms=page.end_ms)


def _joined(
    marks: Sequence[tuple[int, int | None]], *, start_ms: int, end_ms: int
) -> Iterator[tuple[int, int, int | None]]:
    """Turn marks into spans that last at least a hundredth; equal neighbours become one."""
    spans: list[tuple[int, int | None]] = []
    for time_ms, spoken in marks:
        at_ms = max(min(time_ms, end_ms), spans[-1][0] if spans else start_ms)
        while spans and _centis(spans[-1][0]) == _centis(at_ms):
            spans.pop()
        if not spans or spans[-1][1] != spoken:
            spans.append((at_ms, spoken))
    edges = [*(at_ms for at_ms, _ in spans), end_ms]
    for (at_ms, spoken), until_ms in zip(spans, edges[1:], strict=True):
        if _centis(until_ms) > _centis(at_ms):
            yield at_ms, until_ms, spoken


def _line_texts(line: Sequence[WordTiming], *, em_px: float, fonts: FontStack) -> list[str]:
    """Return each word's escaped text, with the tags that switch fonts; all but the last with the space behind it."""
    texts, face = [], fonts.primary
    for number, word in enumerate(line, start=1):
        written = ""
        for run in fonts.runs(word.text + " " * (number < len(line))):
            if run.face is not face:
                face = run.face
                written += f"{{\\fn{face.full_name}\\fs{face.ass_size(em_px):.2f}}}"
            written += escape_text(run.text)
        texts.append(written)
    return texts


def _descent_px(line: Sequence[WordTiming], *, em_px: float, fonts: FontStack) -> float:
    """Return how far below the baseline libass puts a line's bottom edge, where \\an1 to \\an3 anchor it."""
    faces = {run.face for word in line for run in fonts.runs(word.text)}
    return max(face.descent for face in faces) * em_px


def _position(placed: Placed, below_px: float) -> str:
    return f"\\pos({placed.x_px:.2f},{placed.baseline_px + below_px:.2f})"


def _word_color(style: CaptionStyle, spoken: bool) -> str:
    return style.highlight.color if spoken and style.highlight else style.color


def _event(layer: int, start_ms: int, end_ms: int, style: str, text: str) -> str:
    return f"Dialogue: {layer},{_clock(start_ms)},{_clock(end_ms)},{style},,0,0,0,,{text}"


def _centis(time_ms: int) -> int:
    return time_ms // 10


def _clock(time_ms: int) -> str:
    minutes, centis = divmod(_centis(time_ms), 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{centis // 100:02}.{centis % 100:02}"


def _bgr(color: str) -> str:
    return (color[5:7] + color[3:5] + color[1:3]).upper()
