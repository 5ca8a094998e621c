"""Colours that can be read: WCAG contrast, and the ink for a ground."""

LEAST_CONTRAST = 4.5
BLACK, WHITE = "#000000", "#FFFFFF"
_SOFT_BLACK = "#101114"


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two colours, #RRGGBB: 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_for(ground: str, *, wanted: str | None = None) -> str:
    """Return the colour that was asked for if it can be read on `ground`, else white, near-black or black."""
    inks = (wanted, *sorted((_SOFT_BLACK, WHITE), key=lambda ink: -contrast(ink, ground)))
    legible = (ink for ink in inks if ink and contrast(ink, ground) >= LEAST_CONTRAST)
    return next(legible, BLACK if contrast(BLACK, ground) > contrast(WHITE, ground) else WHITE)


def ground_opacity(ground: str, ink: str, *, least: float) -> float:
    """Return how opaque a ground must be, at least, for `ink` to be read on it over any picture."""
    steps = (share / 100 for share in range(round(least * 100), 100))
    worst = (BLACK, WHITE)
    return next(
        (step for step in steps if all(contrast(ink, _over(ground, seen, step)) >= LEAST_CONTRAST for seen in worst)),
        1.0,
    )


def _over(ground: str, seen: str, opacity: float) -> str:
    pairs = zip(bytes.fromhex(ground[1:]), bytes.fromhex(seen[1:]), strict=True)
    return "#" + "".join(f"{round(over * opacity + under * (1 - opacity)):02X}" for over, under in pairs)


def _luminance(color: str) -> float:
    channels = [value / 255 for value in bytes.fromhex(color.removeprefix("#"))]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
