"""Scripts that write no spaces: one "word" may be a whole sentence, and is cut into the phrases that it is read in."""

from collections.abc import Sequence
from functools import cache

import budoux

from engines.clusters import clusters
from engines.line_breaking import NEVER_FIRST, Measure, is_unspaced
from models.timeline import WordTiming

_THAI = (0x0E00, 0x0E7F)
_KANA = (0x3040, 0x30FF)
_TRADITIONAL = ("hant", "tw", "hk", "mo")
_CLINGING = "的了着过吗呢吧们"  # Chinese particles, which belong to what is before them


def split_unspaced(
    words: Sequence[WordTiming], *, measure: Measure, max_width_px: float, language: str
) -> tuple[WordTiming, ...]:
    """Cut words of scripts without spaces into phrases that fit a line, each with its share of the word's time.

    Words of other scripts stay whole: too wide a one shrinks its page.
    """
    pieces: list[WordTiming] = []
    for word in words:
        if is_unspaced(word.text):
            model = _model(word.text, language)
            clinging = _CLINGING if model.startswith("zh") else ""
            phrases = _tied(_handed_back(_parser(model).parse(word.text), clinging))
            texts = [text for phrase in phrases for text in _fitting(phrase, measure, max_width_px)]
            pieces.extend(_shares(word, texts))
        else:
            pieces.append(word)
    return tuple(pieces)


def _model(text: str, language: str) -> str:
    """Return which of the parser's models knows the text's language."""
    parts = language.lower().split("-")
    if _has(text, *_THAI):
        return "th"
    if parts[0] == "ja" or _has(text, *_KANA):
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


def _fitting(phrase: str, measure: Measure, max_width_px: float) -> list[str]:
    """Cut a phrase that is wider than a line wherever its script allows it."""
    texts: list[list[str]] = [[]]
    for cluster in clusters(phrase):
        if texts[-1] and measure("".join([*texts[-1], cluster])) > max_width_px:
            texts.append(_carried(texts[-1]) if cluster in NEVER_FIRST else [])
        texts[-1].append(cluster)
    return ["".join(text) for text in texts]


def _carried(line: list[str]) -> list[str]:
    """Take off the end of a line what a closing mark takes along to the next one, so as not to begin it."""
    start = max((index for index in range(1, len(line)) if line[index] not in NEVER_FIRST), default=0)
    carried = line[start:] if start else []
    del line[len(line) - len(carried) :]
    return carried


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


def _shares(word: WordTiming, texts: Sequence[str]) -> list[WordTiming]:
    span_ms, start_ms, pieces, done = word.end_ms - word.start_ms, word.start_ms, [], 0
    for text in texts:
        done += len(text)
        end_ms = word.start_ms + span_ms * done // len(word.text)
        joined = word.joined or done < len(word.text)
        pieces.append(WordTiming(text=text, start_ms=start_ms, end_ms=end_ms, joined=joined))
        start_ms = end_ms
    return pieces


def _has(text: str, first: int, last: int) -> bool:
    return any(first <= ord(char) <= last for char in text)
