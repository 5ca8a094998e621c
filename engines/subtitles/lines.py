"""Lines: every line of a page where it stands, with all that those need to know who draw something at it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engines.subtitles.fonts import FontStack
from engines.subtitles.layout import Frame, Placed, place
from engines.subtitles.spans import LineSpans, line_spans
from engines.writing_order import is_rtl
from models.captions import Box, CaptionStyle, Page
from models.timeline import WordTiming


@dataclass(frozen=True)
class Look:
    """What the captions of a short have in common."""

    style: CaptionStyle
    frame: Frame
    fonts: FontStack
    language: str

    @property
    def word_box(self) -> Box | None:
        """The box behind the spoken word."""
        return self.style.highlight.box if self.style.highlight else None

    @property
    def shadow_px(self) -> float:
        """How far the shadow lies below its text."""
        return self.style.shadow_offset_px * self.frame.unit


@dataclass(frozen=True)
class Line:
    """A line of a page where it stands; `first` is the index in the page of its first word."""

    page: Page
    words: tuple[WordTiming, ...]
    first: int
    placed: Placed
    spans: LineSpans
    em_px: float
    rtl: bool

    def x_px(self, along_em: float, style: CaptionStyle) -> float:
        """Return the x of a point that is `along_em` from the line's left end."""
        share = {"left": 0.0, "center": 0.5, "right": 1.0}[style.alignment]
        return self.placed.x_px + (along_em - share * self.spans.width_em) * self.em_px


def lines_of(pages: Sequence[Page], look: Look) -> Iterator[tuple[Line, ...]]:
    """Yield the lines of each page; all of a scene read in the direction of most of its letters."""
    rtl = is_rtl([word.text for page in pages for word in page.words])
    for page in pages:
        yield tuple(_lines(page, rtl, look))


def _lines(page: Page, rtl: bool, look: Look) -> Iterator[Line]:
    em_px = look.style.size_px * look.frame.unit * page.scale
    placed = place(page, style=look.style, frame=look.frame, fonts=look.fonts)
    first = 0
    for words, spot in zip(page.lines, placed, strict=True):
        spans = line_spans(words, fonts=look.fonts, rtl=rtl)
        yield Line(page, words, first, spot, spans, em_px, rtl)
        first += len(words)
