"""ASS events of overlays: shapes and lines of text, merged with a scene's captions so that one filter draws both.

Times count in ms from the scene's first frame, lengths in canvas px. libass keeps what it has rasterised, and fades,
slides and clips of it cost next to nothing per frame.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engines.subtitles.ass_head import EVENTS, script_head
from engines.subtitles.ass_text import alpha, bgr, clock, descent_px, direction_mark, tagged_text
from engines.subtitles.fonts import FontStack
from engines.subtitles.pictures import Spot, cells
from engines.subtitles.spans import line_spans
from engines.writing_order import with_marked_brackets
from models.timeline import WordTiming

Mark = str | Spot  # what is drawn: an ASS event, or the picture of an emoji over one
STYLE = "Overlay"
SHAPE_LAYER, INK_LAYER = 10, 11  # captions are drawn on the layers below
WIPE_CURVE = 0.6  # below 1: fast, then slower
_CURVE = 0.5523  # of the radius: where a Bézier curve's handles make a quarter of a circle
_STYLE_LINE = (
    "Style: {style},{font},40,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,-1"
)


@dataclass(frozen=True)
class Span:
    """From when to when something is seen, and how long it takes to appear and to go, in ms."""

    start_ms: int
    end_ms: int
    fade_in_ms: int = 0
    fade_out_ms: int = 0

    @property
    def is_seen(self) -> bool:
        """Whether it lasts at all, in the hundredths of a second that ASS counts in."""
        return self.end_ms // 10 > self.start_ms // 10

    @property
    def fade(self) -> str:
        """The tag for its fades."""
        return f"\\fad({self.fade_in_ms},{self.fade_out_ms})" if self.fade_in_ms or self.fade_out_ms else ""


@dataclass(frozen=True)
class Rect:
    """A rectangle on the canvas, in px from its top left."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float

    @property
    def width_px(self) -> float:
        """How wide it is."""
        return self.right_px - self.left_px

    @property
    def height_px(self) -> float:
        """How high it is."""
        return self.bottom_px - self.top_px


@dataclass(frozen=True)
class Pen:
    """What a line of text is written with."""

    fonts: FontStack
    em_px: float
    color: str
    opacity: float = 1.0
    is_rtl: bool = False  # whether its lines read from right to left, whatever their first letter


def shape(path: str, span: Span, *, color: str, opacity: float = 1.0, layer: int = SHAPE_LAYER, tags: str = "") -> str:
    """Return an event that draws a vector path in one colour, #RRGGBB; `tags` go with it."""
    faint = f"\\1a&H{alpha(opacity)}&" if opacity < 1 else ""
    paint = f"\\an7\\pos(0,0)\\1c&H{bgr(color)}&{faint}{span.fade}{tags}\\p1"
    return _event(layer, span, f"{{{paint}}}{path}")


def text_line(
    text: str, span: Span, *, x_px: float, baseline_px: float, pen: Pen, anchor: int = 2, tags: str = ""
) -> list[Mark]:
    """Return an event with one line of drawable text, and the pictures of its emoji.

    `anchor` is 1, 2 or 3: `x_px` is the line's left end, middle or right end.
    """
    below_px = descent_px([text], fonts=pen.fonts, em_px=pen.em_px)
    faint = f"\\1a&H{alpha(pen.opacity)}&" if pen.opacity < 1 else ""
    size = f"\\fs{pen.fonts.primary.ass_size(pen.em_px):.2f}"
    spot = f"\\an{anchor}\\pos({x_px:.2f},{baseline_px + below_px:.2f}){size}"
    (marked,) = with_marked_brackets([text], rtl=pen.is_rtl)
    written = direction_mark(rtl=pen.is_rtl) + tagged_text(marked, fonts=pen.fonts, em_px=pen.em_px)
    event = _event(INK_LAYER, span, f"{{{spot}\\1c&H{bgr(pen.color)}&{faint}{span.fade}{tags}}}{written}")
    return [event, *_pictures(text, span, x_px=x_px, baseline_px=baseline_px, pen=pen, anchor=anchor)]


def rounded(rect: Rect, radius_px: float) -> str:
    """Return the path of a rectangle with round corners."""
    r = min(radius_px, rect.width_px / 2, rect.height_px / 2)
    k = r * (1 - _CURVE)
    left, top, right, bottom = rect.left_px, rect.top_px, rect.right_px, rect.bottom_px
    points = (
        ("m", left + r, top),
        ("l", right - r, top),
        ("b", right - k, top, right, top + k, right, top + r),
        ("l", right, bottom - r),
        ("b", right, bottom - k, right - k, bottom, right - r, bottom),
        ("l", left + r, bottom),
        ("b", left + k, bottom, left, bottom - k, left, bottom - r),
        ("l", left, top + r),
        ("b", left, top + k, left + k, top, left + r, top),
    )
    return " ".join(f"{verb} {' '.join(f'{value:.2f}' for value in values)}" for verb, *values in points)


def grown(rect: Rect, by_px: float) -> Rect:
    """Return a rectangle that is larger at every side."""
    return Rect(rect.left_px - by_px, rect.top_px - by_px, rect.right_px + by_px, rect.bottom_px + by_px)


def wipe(rect: Rect, *, within_ms: int, leftwards: bool = False) -> str:
    """Return tags that uncover what is inside `rect` from its left edge on, or from its right one, in `within_ms`."""
    left, top, right, bottom = int(rect.left_px), int(rect.top_px), int(rect.right_px) + 1, int(rect.bottom_px) + 1
    edge = right if leftwards else left
    return f"\\clip({edge},{top},{edge},{bottom})\\t(0,{within_ms},{WIPE_CURVE},\\clip({left},{top},{right},{bottom}))"


def merge(captions: str | None, *, events: Sequence[str], font: str, canvas_px: tuple[int, int]) -> str:
    """Return a script that draws the captions, a script for the same canvas if the scene has any, and the events."""
    head, mark, lines = (captions or script_head(canvas_px)).partition(EVENTS)
    style = _STYLE_LINE.format(style=STYLE, font=font)
    return "".join(f"{part}\n" for part in (f"{head.rstrip()}\n{style}\n{mark}{lines.rstrip()}", *events))


def _event(layer: int, span: Span, text: str) -> str:
    return f"Dialogue: {layer},{clock(span.start_ms)},{clock(span.end_ms)},{STYLE},,0,0,0,,{text}"


def _pictures(text: str, span: Span, *, x_px: float, baseline_px: float, pen: Pen, anchor: int) -> Iterator[Spot]:
    spans = line_spans([WordTiming(text=text, start_ms=0, end_ms=0)], fonts=pen.fonts, rtl=pen.is_rtl)
    left_px = x_px - {1: 0.0, 2: 0.5, 3: 1.0}[anchor] * spans.width_em * pen.em_px
    for cell in cells(spans, pen.fonts):
        yield Spot(
            cell.cluster,
            left_px + cell.middle_em * pen.em_px,
            baseline_px - pen.fonts.primary.cap_height * pen.em_px / 2,
            cell.size_px(pen.em_px),
            span.start_ms,
            span.end_ms,
            fade_in_ms=span.fade_in_ms,
            fade_out_ms=span.fade_out_ms,
            opacity=pen.opacity,
        )
