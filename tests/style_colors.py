"""Which colours of captions lie next to each other."""

from models.captions import CaptionStyle


def surroundings(style: CaptionStyle) -> tuple[tuple[str, str], ...]:
    """Return (text colour, colour around it) of everything that a style draws: words, and the spoken word."""
    around = style.outline_color if style.outline_px or style.box is None else style.box.color
    pairs = [(style.color, around)]
    if style.highlight is not None:
        box = style.highlight.box
        pairs.append((style.highlight.color, box.color if box is not None else around))
    return tuple(pairs)
