"""What may be drawn or written: hostile or odd text made plain before anything measures or prints it."""

import re
import unicodedata
from collections.abc import Sequence

from models.caption_settings import CaptionCase
from models.timeline import WordTiming

_JOINERS = "\u200c\u200d"  # Persian, the Indic scripts and emoji sequences need them
_DOTTED_I_LANGUAGES = ("tr", "az")
_EMOJI_RANGES = ((0x2300, 0x23FF), (0x25A0, 0x27BF), (0x2B00, 0x2BFF), (0x1F000, 0x1FAFF))
_EMOJI_PARTS = frozenset((0x20E3, *range(0xFE00, 0xFE10), *range(0xE0020, 0xE0080)))


def plain_text(text: str) -> str:
    """Return `text` in NFC on one line: spaces collapsed, control, bidi-control and private characters taken out."""
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(char for char in spaced if char in _JOINERS or not _is_unprintable(char))
    return re.sub(" +", " ", kept).strip()


def display_text(text: str, *, case: CaptionCase, language: str) -> str:
    """Return `text` as captions show it: plain, and in the language's capitals or small letters if asked for."""
    shown = plain_text(text)
    dotted = language.split("-")[0].lower() in _DOTTED_I_LANGUAGES
    if case is CaptionCase.UPPER:
        return (shown.replace("i", "İ") if dotted else shown).upper()
    if case is CaptionCase.LOWER:
        return (shown.replace("I", "ı").replace("İ", "i") if dotted else shown).lower()
    return shown


def written(words: Sequence[WordTiming]) -> str:
    """Return words as one line of text, with the spaces that belong between them."""
    return "".join(word.text + spacing(words, index) for index, word in enumerate(words))


def spacing(words: Sequence[WordTiming], index: int) -> str:
    """Return what stands behind a line's word `index`: a space or, where it is joined or the last, nothing."""
    return "" if words[index].joined or index == len(words) - 1 else " "


def is_emoji(char: str) -> bool:
    """Tell whether `char` is a pictograph or a part of one, which captions may leave out if no font draws it."""
    point = ord(char)
    return point in _EMOJI_PARTS or any(first <= point <= last for first, last in _EMOJI_RANGES)


def is_invisible(char: str) -> bool:
    """Tell whether `char` only steers shaping and so needs no glyph."""
    return char in _JOINERS or "\ufe00" <= char <= "\ufe0f"


def clusters(text: str) -> list[str]:
    """Split `text` into what one font must draw as a whole: a base with its marks, joiners and emoji parts."""
    found: list[str] = []
    for char in text:
        if found and _continues(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def _continues(cluster: str, char: str) -> bool:
    point = ord(char)
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char in _JOINERS
        or point in _EMOJI_PARTS
        or 0x1F3FB <= point <= 0x1F3FF
        or (cluster[-1] == "\u200d" and is_emoji(char))
        or (_is_flag_letter(char) and len(cluster) == 1 and _is_flag_letter(cluster))
    )


def _is_flag_letter(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


def _is_unprintable(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") and not is_emoji(char)
