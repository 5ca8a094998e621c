"""Clusters: what one font, or one picture, must draw as a whole; a base with its marks, joiners and emoji parts."""

import unicodedata
from itertools import groupby

from fontTools.unicodedata import script

JOINERS = "\u200c\u200d"  # Persian, the Indic scripts and emoji sequences need them
DIRECTION_MARKS = "\u200e\u200f"
PICTURE_SELECTOR = "\ufe0f"  # asks for a sign as a picture
_EMOJI_RANGES = (
    *((0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122), (0x2139, 0x2139), (0x2194, 0x2199), (0x21A9, 0x21AA)),
    *((0x2300, 0x23FF), (0x25A0, 0x27BF), (0x2934, 0x2935), (0x2B00, 0x2BFF), (0x3030, 0x3030), (0x303D, 0x303D)),
    *((0x3297, 0x3297), (0x3299, 0x3299), (0x1F000, 0x1FAFF)),
)
_EMOJI_PARTS = frozenset((0x20E3, *range(0xFE00, 0xFE10), *range(0xE0020, 0xE0080)))
_TONES = range(0x1F3FB, 0x1F400)


def is_emoji(char: str) -> bool:
    """Tell whether `char` is a pictograph or a part of one, which may be left out if no font draws it."""
    point = ord(char)
    return point in _EMOJI_PARTS or any(first <= point <= last for first, last in _EMOJI_RANGES)


def is_invisible(char: str) -> bool:
    """Tell whether `char` only steers shaping or direction, and so needs no glyph."""
    return char in JOINERS or char in DIRECTION_MARKS or "\ufe00" <= char <= "\ufe0f"


def clusters(text: str) -> list[str]:
    """Split `text` into what one font must draw as a whole: a base with its marks, joiners and emoji parts."""
    found: list[str] = []
    for char in text:
        if found and _continues(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def stretches(text: str) -> list[str]:
    """Split `text` into what should look alike: letters of one script in a row, other clusters singly.

    A font may have some letters of a script that it does not write, as µ, π and Ω of Greek: taken letter by letter, a
    word would be set in two fonts.
    """
    found = []
    for name, run in groupby(clusters(text), key=_script):
        letters = list(run)
        found += ["".join(letters)] if name else letters
    return found


def _script(cluster: str) -> str:
    """Return the script of a letter; nothing for what is none."""
    return script(cluster[0]) if cluster[0].isalpha() else ""


def _continues(cluster: str, char: str) -> bool:
    point = ord(char)
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char in JOINERS
        or point in _EMOJI_PARTS
        or point in _TONES
        or (cluster[-1] == "\u200d" and is_emoji(char))
        or (_is_flag_letter(char) and len(cluster) == 1 and _is_flag_letter(cluster))
    )


def _is_flag_letter(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF
