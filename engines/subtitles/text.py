"""What may be drawn or written: hostile or odd text made plain before anything measures or prints it."""

import re
import unicodedata
from collections.abc import Sequence

from engines.clusters import JOINERS, is_emoji
from models.caption_settings import CaptionCase
from models.timeline import WordTiming

_DOTTED_I_LANGUAGES = ("tr", "az")
_GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")
# In NFD. A diaeresis is the first of a letter's marks, as it was typed and as Python writes capitals.
_HIATUS = re.compile("([ΑΕΟ])\u0301([ΙΥ])(?!\u0308)")
_GREEK_ACCENTS = re.compile(
    "(?P<or>\\bΗ\u0301(?![\\w\u0300-\u036f]))|(?P<letter>[Α-Ω])(?P<kept>\u0308?)[\u0300\u0301\u0313\u0314\u0342]+"
)


def plain_text(text: str) -> str:
    """Return `text` in NFC on one line: spaces collapsed, control, bidi-control and private characters taken out."""
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(char for char in spaced if char in JOINERS or not _is_unprintable(char))
    return re.sub(" +", " ", kept).strip()


def display_text(text: str, *, case: CaptionCase, language: str) -> str:
    """Return `text` as captions show it: plain, and in the language's capitals or small letters if asked for."""
    shown = plain_text(text)
    dotted = language.split("-")[0].lower() in _DOTTED_I_LANGUAGES
    if case is CaptionCase.UPPER:
        return _greek_capitals((shown.replace("i", "İ") if dotted else shown).upper())
    if case is CaptionCase.LOWER:
        return (shown.replace("I", "ı").replace("İ", "i") if dotted else shown).lower()
    return shown


def _greek_capitals(text: str) -> str:
    """Take the accents off Greek capitals, which are written without, but for that of the word "or".

    A diaeresis stays, and is put where only the accent kept two vowels apart: ρολόι is ΡΟΛΟΪ.
    """
    if not _GREEK.search(text):
        return text
    apart = _HIATUS.sub("\\1\\2\u0308", unicodedata.normalize("NFD", text))
    bare = _GREEK_ACCENTS.sub(lambda marked: "Η\u0301" if marked["or"] else marked["letter"] + marked["kept"], apart)
    return unicodedata.normalize("NFC", bare)


def written(words: Sequence[WordTiming]) -> str:
    """Return words as one line of text, with the spaces that belong between them."""
    return "".join(word.text + spacing(words, index) for index, word in enumerate(words))


def spacing(words: Sequence[WordTiming], index: int) -> str:
    """Return what stands behind a line's word `index`: a space or, where it is joined or the last, nothing."""
    return "" if words[index].joined or index == len(words) - 1 else " "


def _is_unprintable(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") and not is_emoji(char)
