"""Contrast: whether text stands out from what is drawn around it, as WCAG 2 measures it."""

from collections.abc import Set

from engines.contrast import LEAST_CONTRAST, contrast
from models.captions import CaptionStyle, Highlight

BLACK, WHITE = "#000000", "#FFFFFF"


def legible(style: CaptionStyle, *, chosen: Set[str]) -> CaptionStyle:
    """Return the style with every text at LEAST_CONTRAST or more from what is around it, as far as colours may change.

    `chosen` are the fields (and "highlight_color") whose colours stay. A box decides the colour of the text on it; the
    outline is black or white where its own colour is too near, and texts that were not chosen are shaded to fit it.
    """
    style = style.model_copy(update={"highlight": _on_its_box(style.highlight)})
    if style.box is not None and not style.outline_px:
        stands_out = contrast(style.color, style.box.color) >= LEAST_CONTRAST
        return style if stands_out or "color" in chosen else _with_color(style, _most_different(style.box.color))
    lit = style.highlight.color if style.highlight is not None and style.highlight.box is None else style.color
    texts = {"color": style.color, "highlight_color": lit}
    outline = style.outline_color
    if "outline_color" not in chosen and min(contrast(text, outline) for text in texts.values()) < LEAST_CONTRAST:
        outline = _most_different(*([texts[name] for name in texts if name in chosen] or texts.values()))
    shown = {name: text if name in chosen else shaded(text, outline) for name, text in texts.items()}
    style = _with_color(style.model_copy(update={"outline_color": outline}), shown["color"])
    if style.highlight is None or style.highlight.box is not None:
        return style
    return style.model_copy(update={"highlight": Highlight(color=shown["highlight_color"])})


def shaded(color: str, around: str) -> str:
    """Return `color`, mixed with as much black or white as it takes to be LEAST_CONTRAST away from `around`."""
    goal = _most_different(around)
    for share in range(0, 101, 5):
        mixed = _mixed(color, goal, share / 100)
        if contrast(mixed, around) >= LEAST_CONTRAST:
            return mixed
    return goal


def _mixed(color: str, other: str, share: float) -> str:
    channels = ((int(color[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(one + (two - one) * share):02X}" for one, two in channels)


def _with_color(style: CaptionStyle, color: str) -> CaptionStyle:
    return style.model_copy(update={"color": color})


def _on_its_box(highlight: Highlight | None) -> Highlight | None:
    if highlight is None or highlight.box is None or contrast(highlight.color, highlight.box.color) >= LEAST_CONTRAST:
        return highlight
    return highlight.model_copy(update={"color": _most_different(highlight.box.color)})


def _most_different(*colors: str) -> str:
    return max((BLACK, WHITE), key=lambda candidate: min(contrast(candidate, color) for color in colors))
