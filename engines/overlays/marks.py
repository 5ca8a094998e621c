"""What marks a channel: the watermark in a corner, and the end card."""

from dataclasses import replace
from typing import NamedTuple

from engines.contrast import ink_for
from engines.overlays.ass import Mark, Pen, Rect, Span, rounded, shape, text_line
from engines.overlays.text import Block, Sizes, drawable, fit_block
from engines.overlays.zones import Zones, centered, zones_of
from engines.subtitles.ass_text import alpha
from engines.subtitles.fonts import FontStack
from models.captions import SafeArea
from models.graphics import Corner, Look, OverlaySettings

WATERMARK_ROW_PX = 72  # as all lengths here for a canvas whose short side is 1080
WATERMARK_LOGO_PX, END_CARD_LOGO_PX = (300, WATERMARK_ROW_PX), (560, 240)
_HANDLE_PX = 34
_OUTLINE_PX, _OUTLINE_OPACITY = 3, 0.9  # read on snow, too
_HANDLE_GAP_PX = 16
_APPEARING = Span(0, 3_600_000, fade_in_ms=240)
_RULE_PX = (140.0, 12.0)
_CARD_HANDLE_PX = 46


class PlacedLogo(NamedTuple):
    """Where a logo goes: its upper left corner in px, and when it is seen."""

    x_px: int
    y_px: int
    span: Span


def watermark(
    settings: OverlaySettings,
    span: Span,
    zones: Zones,
    *,
    logo_px: tuple[int, int] | None,
    fonts: FontStack,
    look: Look,
) -> tuple[list[Mark], PlacedLogo | None, Zones]:
    """Return the handle's events, the place of a logo of that size, and the room that is left."""
    unit, corner = zones.unit, settings.watermark
    take = zones.take_top if corner in (Corner.TOP_LEFT, Corner.TOP_RIGHT) else zones.take_bottom
    strip, left = take(WATERMARK_ROW_PX * unit)
    on_right = corner in (Corner.TOP_RIGHT, Corner.BOTTOM_RIGHT)
    placed, inset_px = None, 0.0
    if logo_px:
        x_px = strip.right_px - logo_px[0] if on_right else strip.left_px
        placed = PlacedLogo(_even(x_px), _even(strip.top_px + (strip.height_px - logo_px[1]) / 2), span)
        inset_px = logo_px[0] + _HANDLE_GAP_PX * unit
    pen = Pen(fonts, _HANDLE_PX * unit, look.text_color, settings.watermark_opacity_percent / 100)
    return _handle(settings.handle, span, strip, unit, pen=pen, inset_px=inset_px, on_right=on_right), placed, left


def end_card(
    settings: OverlaySettings,
    *,
    canvas_px: tuple[int, int],
    area: SafeArea,
    logo_px: tuple[int, int] | None,
    fonts: FontStack,
    look: Look,
) -> tuple[list[Mark], PlacedLogo | None]:
    """Return the events of a card on the panel colour, text, a rule and the handle, and its logo's place above them."""
    zones = zones_of(canvas_px, area=area, captions_px=None)
    unit, room = zones.unit, centered(zones.above, canvas_px[0])
    gap_px, rule_px = 48 * unit, (_RULE_PX[0] * unit, _RULE_PX[1] * unit)
    logo_height_px = logo_px[1] + gap_px if logo_px else 0.0
    handle = _line(settings.handle, fonts, room, unit)
    foot_px = gap_px + rule_px[1] + (gap_px + handle.height_px if handle else 0.0)
    block = fit_block(
        drawable(settings.end_card, fonts),
        fonts=fonts,
        room_px=(room.width_px, room.height_px - logo_height_px - foot_px),
        sizes=Sizes(112 * unit, 40 * unit, max_lines=5, line_height=1.12),
        field="overlays.end_card",
        language=look.language,
    )
    middle_px = (room.left_px + room.right_px) / 2
    logo_top_px = room.top_px + (room.height_px - logo_height_px - block.height_px - foot_px) / 2
    top_px = logo_top_px + logo_height_px
    rule_top_px = top_px + block.height_px + gap_px
    rule = Rect(middle_px - rule_px[0] / 2, rule_top_px, middle_px + rule_px[0] / 2, rule_top_px + rule_px[1])
    ink = ink_for(look.panel_color, wanted=look.text_color)
    marks = _centred_lines(block, top_px, middle_px, fonts, ink)
    marks.append(shape(rounded(rule, rule_px[1] / 2), _APPEARING, color=look.accent_color))
    if handle:
        marks += _centred_lines(handle, rule.bottom_px + gap_px, middle_px, fonts, ink)
    logo = PlacedLogo(_even(middle_px - logo_px[0] / 2), _even(logo_top_px), _APPEARING) if logo_px else None
    return marks, logo


def _handle(
    handle: str, span: Span, strip: Rect, unit: float, *, pen: Pen, inset_px: float, on_right: bool
) -> list[Mark]:
    """Return the handle at one side of a strip, `inset_px` from its end, at most as large as the pen."""
    text = drawable(handle, pen.fonts)
    if not text:
        return []
    room_px, sizes = (strip.width_px - inset_px, strip.height_px), Sizes(pen.em_px, 20 * unit, max_lines=1)
    block = fit_block(text, fonts=pen.fonts, room_px=room_px, sizes=sizes, field="overlays.handle")
    border = f"\\bord{_OUTLINE_PX * unit:.2f}\\blur{unit:.2f}"
    return text_line(
        block.lines[0],
        span,
        x_px=strip.right_px - inset_px if on_right else strip.left_px + inset_px,
        baseline_px=block.baselines_px(strip.top_px + (strip.height_px - block.height_px) / 2)[0],
        pen=replace(pen, em_px=block.em_px, is_rtl=block.is_rtl),
        anchor=3 if on_right else 1,
        tags=f"{border}\\3c&H000000&\\3a&H{alpha(pen.opacity * _OUTLINE_OPACITY)}&",
    )


def _line(text: str, fonts: FontStack, room: Rect, unit: float) -> Block | None:
    written = drawable(text, fonts)
    if not written:
        return None
    sizes = Sizes(_CARD_HANDLE_PX * unit, 24 * unit, max_lines=1)
    room_px = (room.width_px, room.height_px)
    return fit_block(written, fonts=fonts, room_px=room_px, sizes=sizes, field="overlays.handle")


def _centred_lines(block: Block, top_px: float, middle_px: float, fonts: FontStack, ink: str) -> list[Mark]:
    pen = Pen(fonts, block.em_px, ink, is_rtl=block.is_rtl)
    return [
        mark
        for line, baseline in zip(block.lines, block.baselines_px(top_px), strict=True)
        for mark in text_line(line, _APPEARING, x_px=middle_px, baseline_px=baseline, pen=pen)
    ]


def _even(value_px: float) -> int:
    return int(value_px) // 2 * 2
