"""Layout: where each line of a page stands on the canvas, inside the safe area, with all that is drawn around it."""

from dataclasses import dataclass
from itertools import pairwise

from engines.subtitles.animations import grows, rise_em
from engines.subtitles.fonts import FontStack, Ink
from engines.subtitles.text import written
from models.caption_settings import CaptionCase, CaptionPosition
from models.captions import CaptionStyle, Page, SafeArea

BASE_SHORT_SIDE_PX = 1080
TALL_SPACING_EM = 1.4  # of lines in scripts with tall marks
LINE_GAP_EM = 0.04  # least room between the ink of two lines
OVERHANG_EM = 0.03  # how far ink may reach past a line's advance width
ANTIALIASING_PX = 1
TALLEST = "Égjpqy"  # what ordinary text may hold


@dataclass(frozen=True)
class Rectangle:
    """A rectangle on the canvas, in px from its top left."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float


@dataclass(frozen=True)
class Frame:
    """The canvas, and the rectangle that captions stay in: outlines, boxes, motion and shadow's offset included."""

    width_px: int
    height_px: int
    box: Rectangle
    unit: float  # canvas px per px of the style

    @classmethod
    def of(cls, *, width_px: int, height_px: int, safe_area: SafeArea, style: CaptionStyle) -> "Frame":
        """Make the frame of a canvas; centred text gets a box that is centred on the canvas."""
        left_px, right_px = safe_area.left * width_px, (1 - safe_area.right) * width_px
        if style.alignment == "center":
            margin_px = max(left_px, width_px - right_px)
            left_px, right_px = margin_px, width_px - margin_px
        box = Rectangle(left_px, safe_area.top * height_px, right_px, (1 - safe_area.bottom) * height_px)
        return cls(width_px, height_px, box, min(width_px, height_px) / BASE_SHORT_SIDE_PX)

    def text_width_px(self, style: CaptionStyle) -> float:
        """Return how wide a line of text may be: what is drawn around it, and its growth, left out."""
        return (self.box.right_px - self.box.left_px - 2 * _side_px(style, self)) / grows(style.animation)


@dataclass(frozen=True)
class Placed:
    """Where a line goes: its anchor's x, and its baseline's y."""

    x_px: float
    baseline_px: float


def place(page: Page, *, style: CaptionStyle, frame: Frame, fonts: FontStack) -> tuple[Placed, ...]:
    """Place a page's lines one under the other: fewer lines stand in the middle of the room for `max_lines`.

    Lines with tall marks move apart and the block moves into the safe area where it would leave it.
    """
    em_px = style.size_px * frame.unit * page.scale
    inks = [reach(written(line), style=style, fonts=fonts) for line in page.lines]
    pitches = [
        max(style.line_spacing, upper.below_px + lower.above_px + LINE_GAP_EM) * em_px
        for upper, lower in pairwise(inks)
    ]
    offsets = [sum(pitches[:index]) for index in range(len(inks))]
    cap_px = fonts.primary.cap_height * em_px
    first_px = _middle_px(style, frame, fonts) - (offsets[-1] - cap_px) / 2
    top_px = min(first_px + offset - ink.above_px * em_px for offset, ink in zip(offsets, inks, strict=True))
    bottom_px = max(first_px + offset + ink.below_px * em_px for offset, ink in zip(offsets, inks, strict=True))
    shift_px = _shift_inside(top_px, bottom_px, style=style, frame=frame)
    return tuple(Placed(_anchor_px(style, frame), first_px + offset + shift_px) for offset in offsets)


def caption_band(*, style: CaptionStyle, frame: Frame, fonts: FontStack) -> tuple[float, float]:
    """Return the upper and lower edge, in canvas px, between which pages of any words in this style stay."""
    em_px = style.size_px * frame.unit
    usual, cap = reach(TALLEST, style=style, fonts=fonts), fonts.primary.cap_height
    half_px = ((style.max_lines - 1) * max(style.line_spacing, TALL_SPACING_EM) + cap) / 2 * em_px
    middle_px = _middle_px(style, frame, fonts)
    top_px = middle_px - half_px - (usual.above_px - cap) * em_px
    bottom_px = middle_px + half_px + usual.below_px * em_px
    shift_px = _shift_inside(top_px, bottom_px, style=style, frame=frame)
    above_px, below_px = _margins(style, frame)
    return top_px + shift_px - above_px, bottom_px + shift_px + below_px


def reach(text: str, *, style: CaptionStyle, fonts: FontStack) -> Ink:
    """Return what a line covers at an em of 1 px: its ink or, where boxes are drawn, what a box is drawn around.

    Boxes have room for capitals and descenders whether a line has any, so that they keep their height.
    """
    ink = fonts.ink(text)
    if style.box is None and (style.highlight is None or style.highlight.box is None):
        return ink
    usual_below_px = 0.0 if style.case is CaptionCase.UPPER else fonts.ink("gjpqy").below_px
    return Ink(
        width_px=ink.width_px,
        above_px=max(ink.above_px, fonts.primary.cap_height),
        below_px=max(ink.below_px, usual_below_px),
    )


def _middle_px(style: CaptionStyle, frame: Frame, fonts: FontStack) -> float:
    """Return the y that a block's middle keeps on every page, so that pages do not hop."""
    em_px = style.size_px * frame.unit
    half_px = ((style.max_lines - 1) * style.line_spacing + fonts.primary.cap_height) * em_px / 2
    above_px, below_px = _margins(style, frame)
    usual = reach(TALLEST, style=style, fonts=fonts)
    shift_px = style.shift_percent / 100 * frame.height_px
    if style.position is CaptionPosition.TOP:
        top_px = frame.box.top_px + above_px + (usual.above_px - fonts.primary.cap_height) * em_px
        return top_px + half_px + shift_px
    if style.position is CaptionPosition.CENTER:
        return frame.height_px / 2 + shift_px
    return frame.box.bottom_px - below_px - half_px - usual.below_px * em_px + shift_px


def _shift_inside(top_px: float, bottom_px: float, *, style: CaptionStyle, frame: Frame) -> float:
    above_px, below_px = _margins(style, frame)
    down_px = frame.box.top_px + above_px - top_px
    up_px = bottom_px + below_px - frame.box.bottom_px
    return -up_px if up_px > 0 else max(0.0, down_px)


def _margins(style: CaptionStyle, frame: Frame) -> tuple[float, float]:
    """Return what is drawn above and below the reach of the lines: outline, boxes, shadow and motion."""
    grown_px = (grows(style.animation) - 1) / 2 * style.size_px
    around_px = (max(style.outline_px, _padding_px(style)) + grown_px) * frame.unit + ANTIALIASING_PX
    shadow_px = style.shadow_offset_px if style.shadow_opacity else 0.0
    return around_px, around_px + max(shadow_px, rise_em(style.animation) * style.size_px) * frame.unit


def _side_px(style: CaptionStyle, frame: Frame) -> float:
    """Return what outline, boxes and overhang may add at either side of a line, with a px for antialiasing."""
    around_px = max(style.outline_px + OVERHANG_EM * style.size_px, _padding_px(style))
    return around_px * frame.unit + ANTIALIASING_PX


def _padding_px(style: CaptionStyle) -> float:
    boxes = (style.box, style.highlight.box if style.highlight else None)
    return max((box.padding_px for box in boxes if box is not None), default=0.0)


def _anchor_px(style: CaptionStyle, frame: Frame) -> float:
    inset_px = _side_px(style, frame)
    if style.alignment == "left":
        return frame.box.left_px + inset_px
    if style.alignment == "right":
        return frame.box.right_px - inset_px
    return (frame.box.left_px + frame.box.right_px) / 2
