"""Lower third: who or what is seen, on a panel at the side where reading starts."""

from engines.contrast import ground_opacity, ink_for
from engines.overlays.ass import WIPE_CURVE, Mark, Pen, Rect, Span, rounded, shape, text_line, wipe
from engines.overlays.text import Block, Sizes, drawable, fit_block
from engines.overlays.zones import Zones
from engines.subtitles.fonts import FontStack
from models.graphics import Look

_PANEL_OPACITY = 0.88
_WIPE_MS, _PICTURE_FADE_MS = 320, 80
_PADDING_PX = (28, 20)
_MARK_PX = 12
_RADIUS_PX = 14
_LINES_GAP_PX = 12


def lower_third(
    text: str, span: Span, zones: Zones, *, fonts: FontStack, look: Look, field: str
) -> tuple[list[Mark], Zones]:
    """Return the events of `name` or `name | role`, and the room that is left. Raises OverlayTooLong, GlyphsMissing."""
    unit = zones.unit
    parts = [drawable(part, fonts) for part in text.split("|", 1)]
    padding_px = (_PADDING_PX[0] * unit, _PADDING_PX[1] * unit)
    mark_px = _MARK_PX * unit
    room_px = (zones.above.width_px - 2 * padding_px[0] - mark_px, zones.above.height_px + zones.below.height_px)
    blocks = [
        fit_block(
            part,
            fonts=fonts,
            room_px=room_px,
            sizes=Sizes(largest_px=largest * unit, smallest_px=28 * unit, max_lines=2),
            field=field,
            language=look.language,
        )
        for part, largest in zip(parts, (56, 38), strict=False)
        if part
    ]
    if not blocks:
        return [], zones
    gap_px = _LINES_GAP_PX * unit
    height_px = sum(block.height_px for block in blocks) + gap_px * (len(blocks) - 1) + 2 * padding_px[1]
    width_px = max(block.width_px for block in blocks) + 2 * padding_px[0] + mark_px
    strip, left = zones.take_bottom(height_px)
    mirrored = blocks[0].is_rtl
    side = strip.right_px - width_px if mirrored else strip.left_px
    panel = Rect(side, strip.top_px, side + width_px, strip.bottom_px)
    return _events(blocks, panel, span, fonts=fonts, look=look, unit=unit, mirrored=mirrored), left


def _events(
    blocks: list[Block], panel: Rect, span: Span, *, fonts: FontStack, look: Look, unit: float, mirrored: bool
) -> list[Mark]:
    mark_px, radius_px = _MARK_PX * unit, _RADIUS_PX * unit
    edge = panel.right_px - mark_px if mirrored else panel.left_px
    mark = Rect(edge, panel.top_px, edge + mark_px, panel.bottom_px)
    ink = ink_for(look.panel_color, wanted=look.text_color)
    opacity = ground_opacity(look.panel_color, ink, least=_PANEL_OPACITY)
    uncover = wipe(panel, within_ms=_WIPE_MS, leftwards=mirrored)
    marks: list[Mark] = [
        shape(rounded(panel, radius_px), span, color=look.panel_color, opacity=opacity, tags=uncover),
        shape(rounded(mark, mark_px / 2), span, color=look.accent_color, tags=uncover),
    ]
    inset_px = mark_px + _PADDING_PX[0] * unit
    x_px = panel.right_px - inset_px if mirrored else panel.left_px + inset_px
    top_px = panel.top_px + _PADDING_PX[1] * unit
    for block in blocks:
        pen = Pen(fonts, block.em_px, ink, is_rtl=block.is_rtl)
        marks += [
            _uncovered(written, panel, mirrored=mirrored)
            for line, baseline in zip(block.lines, block.baselines_px(top_px), strict=True)
            for written in text_line(
                line,
                span,
                x_px=x_px,
                baseline_px=baseline,
                pen=pen,
                anchor=3 if mirrored else 1,
                tags=uncover,
            )
        ]
        top_px += block.height_px + _LINES_GAP_PX * unit
    return marks


def _uncovered(mark: Mark, panel: Rect, *, mirrored: bool) -> Mark:
    """Let a picture, which cannot be clipped, fade in when the wipe comes by."""
    if isinstance(mark, str):
        return mark
    along_px = panel.right_px - mark.x_px if mirrored else mark.x_px - panel.left_px
    after_ms = round(_WIPE_MS * (along_px / panel.width_px) ** (1 / WIPE_CURVE))
    return mark._replace(start_ms=min(mark.start_ms + after_ms, mark.end_ms - 1), fade_in_ms=_PICTURE_FADE_MS)
