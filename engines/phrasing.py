"""Phrases of scripts that write no spaces: where Chinese, Japanese, Thai and their like may be parted."""

from collections.abc import Sequence
from functools import cache

import budoux

_THAI = (0x0E00, 0x0E7F)
_KANA = (0x3040, 0x30FF)
# Thai and Lao, Myanmar, Khmer; kana, CJK ideographs and their punctuation, fullwidth forms.
_RANGES = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3000, 0x30FF), (0x3400, 0x9FFF), (0xFF00, 0xFFEF))
_TRADITIONAL = ("hant", "tw", "hk", "mo")
_CLINGING = "的了着过吗呢吧们"  # Chinese particles, which belong to what is before them
# What never begins a line: closing marks, marks of length and repetition, small kana, Thai vowels that follow.
NEVER_FIRST = frozenset(
    "、。，．・：；？！」』）］｝〉》】〕’”…‥ーゝゞ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}ๆฯะาำ"
)
NEVER_LAST = frozenset("「『（［｛〈《【〔‘“([{เแโใไ")  # what never ends one


def is_unspaced(text: str) -> bool:
    """Tell whether some of `text` is of a script that parts words by no spaces."""
    return any(_is_in(char, *_RANGES) for char in text)


def is_katakana(char: str) -> bool:
    """Tell whether a character is of katakana, in which Japanese writes loan words, or its mark of length."""
    return "\u30a1" <= char <= "\u30ff"


def phrases_of(text: str, *, language: str = "") -> list[str]:
    """Return the phrases in which text without spaces is read; no phrase begins with a closing mark or a particle."""
    model = _model(text, language)
    return _tied(_handed_back(_parser(model).parse(text), _CLINGING if model.startswith("zh") else ""))


def _model(text: str, language: str) -> str:
    """Return which of the parser's models knows the text's language."""
    parts = language.lower().split("-")
    if any(_is_in(char, _THAI) for char in text):
        return "th"
    if parts[0] == "ja" or any(_is_in(char, _KANA) for char in text):
        return "ja"
    return "zh-hant" if any(part in _TRADITIONAL for part in parts) else "zh-hans"


@cache
def _parser(model: str) -> budoux.Parser:
    load = {
        "th": budoux.load_default_thai_parser,
        "ja": budoux.load_default_japanese_parser,
        "zh-hans": budoux.load_default_simplified_chinese_parser,
        "zh-hant": budoux.load_default_traditional_chinese_parser,
    }
    return load[model]()


def _handed_back(phrases: Sequence[str], clinging: str) -> list[str]:
    """Give particles at the head of a phrase to the phrase before."""
    found: list[str] = []
    for phrase in phrases:
        rest = phrase.lstrip(clinging) if found else phrase
        if len(rest) < len(phrase):
            found[-1] += phrase[: len(phrase) - len(rest)]
        found += [rest] if rest else []
    return found


def _tied(phrases: Sequence[str]) -> list[str]:
    """Join phrases that begin with a closing mark to those before them."""
    tied: list[str] = []
    for phrase in phrases:
        if tied and phrase[0] in NEVER_FIRST:
            tied[-1] += phrase
        else:
            tied.append(phrase)
    return tied


def _is_in(char: str, *ranges: tuple[int, int]) -> bool:
    return any(first <= ord(char) <= last for first, last in ranges)
