"""Title card and hook: the first words that a viewer reads."""

from engines.contrast import ground_opacity, ink_for
from engines.overlays.ass import Mark, Pen, Rect, Span, rounded, shape, text_line
from engines.overlays.text import Sizes, drawable, fit_block
from engines.overlays.zones import Zones, centered
from engines.subtitles.fonts import FontStack
from models.graphics import Look

_CARD_OPACITY, _CARD_RADIUS_PX = 0.84, 36
_CARD_PADDING_PX = (44, 44)
_RULE_PX, _RULE_GAP_PX = (120, 12), 34
_HOOK_PADDING_EM = (0.36, 0.17)
_HOOK_RADIUS_EM = 0.28
_HOOK_LINE_HEIGHT = 1.02


def title_card(
    text: str, span: Span, zones: Zones, *, canvas_px: tuple[int, int], fonts: FontStack, look: Look
) -> list[Mark]:
    """Return the events of a panel with a short rule and the text below it.

    A panel, and not the whole picture darkened: that would cost half an encode in every frame.
    """
    unit = zones.unit
    room = centered(zones.for_titles, canvas_px[0])
    padding_px = (_CARD_PADDING_PX[0] * unit, _CARD_PADDING_PX[1] * unit)
    rule_px = (_RULE_PX[0] * unit, _RULE_PX[1] * unit)
    head_px = rule_px[1] + _RULE_GAP_PX * unit
    block = fit_block(
        drawable(text, fonts),
        fonts=fonts,
        room_px=(room.width_px - 2 * padding_px[0], room.height_px - head_px - 2 * padding_px[1]),
        sizes=Sizes(largest_px=124 * unit, smallest_px=28 * unit, max_lines=5, line_height=1.1),
        field="overlays.title_card",
        language=look.language,
    )
    middle_px = (room.left_px + room.right_px) / 2
    height_px = head_px + block.height_px + 2 * padding_px[1]
    top_px = room.top_px + (room.height_px - height_px) * 0.45
    half_px = max(block.width_px, rule_px[0]) / 2 + padding_px[0]
    panel = Rect(middle_px - half_px, top_px, middle_px + half_px, top_px + height_px)
    rule_top_px = top_px + padding_px[1]
    rule = Rect(middle_px - rule_px[0] / 2, rule_top_px, middle_px + rule_px[0] / 2, rule_top_px + rule_px[1])
    ink = ink_for(look.panel_color, wanted=look.text_color)
    opacity = ground_opacity(look.panel_color, ink, least=_CARD_OPACITY)
    pen = Pen(fonts, block.em_px, ink, is_rtl=block.is_rtl)
    return [
        shape(rounded(panel, _CARD_RADIUS_PX * unit), span, color=look.panel_color, opacity=opacity),
        shape(rounded(rule, rule_px[1] / 2), span, color=look.accent_color),
        *(
            mark
            for line, baseline in zip(block.lines, block.baselines_px(rule_top_px + head_px), strict=True)
            for mark in text_line(line, span, x_px=middle_px, baseline_px=baseline, pen=pen)
        ),
    ]


def hook(
    text: str, span: Span, zones: Zones, *, canvas_px: tuple[int, int], fonts: FontStack, look: Look
) -> list[Mark]:
    """Return the events of lines that each stand on a box of their own, at the top of the room."""
    unit = zones.unit
    room = centered(zones.for_titles, canvas_px[0])
    largest_px = 74 * unit
    padding = (_HOOK_PADDING_EM[0] * largest_px, _HOOK_PADDING_EM[1] * largest_px)
    block = fit_block(
        drawable(text, fonts),
        fonts=fonts,
        room_px=(room.width_px - 2 * padding[0], room.height_px),
        sizes=Sizes(largest_px, 30 * unit, max_lines=4, line_height=_HOOK_LINE_HEIGHT, padding_px=padding[1]),
        field="overlays.hook",
        language=look.language,
    )
    middle_px = (room.left_px + room.right_px) / 2
    pen = Pen(fonts, block.em_px, ink_for(look.accent_color), is_rtl=block.is_rtl)
    boxes: list[str] = []
    lines: list[Mark] = []
    baselines = block.baselines_px(room.top_px + padding[1])
    for line, width_px, baseline in zip(block.lines, block.widths_px, baselines, strict=True):
        half_px = width_px / 2 + padding[0]
        box = Rect(
            middle_px - half_px,
            baseline - block.above_px - padding[1],
            middle_px + half_px,
            baseline + block.below_px + padding[1],
        )
        boxes.append(rounded(box, _HOOK_RADIUS_EM * block.em_px))
        lines += text_line(line, span, x_px=middle_px, baseline_px=baseline, pen=pen)
    return [shape(" ".join(boxes), span, color=look.accent_color), *lines]
