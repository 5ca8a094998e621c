"""Layout: where each line of a page stands on the canvas, inside the safe area."""

from dataclasses import dataclass
from itertools import pairwise

from engines.subtitles.fonts import FontStack
from models.captions import CaptionStyle, Page, SafeArea
from models.spec import CaptionPosition

BASE_SHORT_SIDE_PX = 1080
LINE_GAP_EM = 0.04  # least room between the ink of two lines
OVERHANG_EM = 0.03  # how far ink may reach past a line's advance width


@dataclass(frozen=True)
class Box:
    """A rectangle on the canvas, in px from its top left."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float


@dataclass(frozen=True)
class Frame:
    """The canvas, and the box that captions stay in: outlines and shadow's offset included."""

    width_px: int
    height_px: int
    box: Box
    unit: float  # canvas px per px of the style

    @classmethod
    def of(cls, *, width_px: int, height_px: int, safe_area: SafeArea, style: CaptionStyle) -> "Frame":
        """Make the frame of a canvas; centred text gets a box that is centred on the canvas."""
        left_px, right_px = safe_area.left * width_px, (1 - safe_area.right) * width_px
        if style.alignment == "center":
            margin_px = max(left_px, width_px - right_px)
            left_px, right_px = margin_px, width_px - margin_px
        box = Box(left_px, safe_area.top * height_px, right_px, (1 - safe_area.bottom) * height_px)
        return cls(width_px, height_px, box, min(width_px, height_px) / BASE_SHORT_SIDE_PX)

    def text_width_px(self, style: CaptionStyle) -> float:
        """Return how wide a line of text may be, its outline left out."""
        return self.box.right_px - self.box.left_px - 2 * _side_px(style, self)


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
    inks = [fonts.ink(" ".join(word.text for word in line)) for line in page.lines]
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


def _middle_px(style: CaptionStyle, frame: Frame, fonts: FontStack) -> float:
    """Return the y that a block's middle keeps on every page, so that pages do not hop."""
    em_px = style.size_px * frame.unit
    half_px = ((style.max_lines - 1) * style.line_spacing + fonts.primary.cap_height) * em_px / 2
    above_px, below_px = _margins(style, frame)
    reach = fonts.ink("Égjpqy")
    if style.position is CaptionPosition.TOP:
        return frame.box.top_px + above_px + half_px + (reach.above_px - fonts.primary.cap_height) * em_px
    if style.position is CaptionPosition.CENTER:
        return frame.height_px / 2
    return frame.box.bottom_px - below_px - half_px - reach.below_px * em_px


def _shift_inside(top_px: float, bottom_px: float, *, style: CaptionStyle, frame: Frame) -> float:
    above_px, below_px = _margins(style, frame)
    down_px = frame.box.top_px + above_px - top_px
    up_px = bottom_px + below_px - frame.box.bottom_px
    return -up_px if up_px > 0 else max(0.0, down_px)


def _margins(style: CaptionStyle, frame: Frame) -> tuple[float, float]:
    """Return what outline and shadow add above and below the ink, with a px for antialiasing."""
    outline_px = (style.outline_px + 1) * frame.unit
    return outline_px, outline_px + style.shadow_offset_px * frame.unit


def _side_px(style: CaptionStyle, frame: Frame) -> float:
    """Return what outline and overhang may add at either side of a line."""
    return (style.outline_px + 1 + OVERHANG_EM * style.size_px) * frame.unit


def _anchor_px(style: CaptionStyle, frame: Frame) -> float:
    inset_px = _side_px(style, frame)
    if style.alignment == "left":
        return frame.box.left_px + inset_px
    if style.alignment == "right":
        return frame.box.right_px - inset_px
    return (frame.box.left_px + frame.box.right_px) / 2
