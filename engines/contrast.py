"""Colours that can be read: WCAG contrast, and the ink for a ground."""

LEAST_CONTRAST = 4.5
_BLACK, _WHITE = "#000000", "#FFFFFF"
_SOFT_BLACK = "#101114"


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two colours, #RRGGBB: 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_for(ground: str, *, wanted: str | None = None) -> str:
    """Return the colour that was asked for if it can be read on `ground`, else white, near-black or black."""
    inks = (wanted, *sorted((_SOFT_BLACK, _WHITE), key=lambda ink: -contrast(ink, ground)))
    legible = (ink for ink in inks if ink and contrast(ink, ground) >= LEAST_CONTRAST)
    return next(legible, _BLACK if contrast(_BLACK, ground) > contrast(_WHITE, ground) else _WHITE)


def _luminance(color: str) -> float:
    channels = [value / 255 for value in bytes.fromhex(color.removeprefix("#"))]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
