"""Colours that can be read: WCAG contrast, and the ink for a ground."""

LEAST_CONTRAST = 4.5
_DARK, _LIGHT = "#101114", "#FFFFFF"


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two colours, #RRGGBB: 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_for(ground: str, *, wanted: str | None = None) -> str:
    """Return the colour that was asked for if it can be read on `ground`, else near-black or white."""
    if wanted and contrast(wanted, ground) >= LEAST_CONTRAST:
        return wanted
    return max((_DARK, _LIGHT), key=lambda ink: contrast(ink, ground))


def _luminance(color: str) -> float:
    channels = [value / 255 for value in bytes.fromhex(color.removeprefix("#"))]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
