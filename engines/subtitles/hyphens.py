"""Hyphens: a word that is much wider than a line is parted where its language parts it, before it is set very small."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from models.timeline import WordTiming

if TYPE_CHECKING:
    import pyphen

HYPHEN = "-"
LEAST_SCALE = 0.8  # a word that fits at this size is set smaller, and whole
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010'\u2019][^\W\d_]+)*")  # letters: no address, no number, no @name


def hyphenate(
    words: Sequence[WordTiming], *, measure: Callable[[str], float], max_width_px: float, language: str
) -> tuple[WordTiming, ...]:
    """Part words that would have to be set smaller than `LEAST_SCALE` to fit a line, each part with its share of time.

    Where there are no rules for the language, or none of a word's parts fits, it stays whole.
    """
    found: list[WordTiming] = []
    for word in words:
        parts = []
        if measure(word.text) * LEAST_SCALE > max_width_px:
            parts = _parts(word.text, measure, max_width_px, language)
        found += _timed(word, parts) if len(parts) > 1 else [word]
    return tuple(found)


def _parts(text: str, measure: Callable[[str], float], max_width_px: float, language: str) -> list[str]:
    """Return the fewest parts that fit a line, of like length; one where there is no way."""
    places = [*_places(text, language), len(text)]
    for count in range(2, len(places) + 1):
        parts = _cut(text, places, count)
        if all(measure(part) <= max_width_px for part in parts):
            return parts
    return [text]


def _cut(text: str, places: Sequence[int], count: int) -> list[str]:
    """Cut a text at the places, of which the last is its end, that are nearest to `count` equal shares.

    The word's own hyphens go before the rules' places.
    """
    inner, ends = places[:-1], [0]
    for number in range(1, count):
        still_needed = count - 1 - number
        free = [place for place in inner[: len(inner) - still_needed] if place > ends[-1]]
        wanted = len(text) * number / count
        ends.append(min(free, key=lambda place: abs(place - wanted) * (0.2 if _is_hyphen(text[place - 1]) else 1)))
    edges = pairwise([*ends, len(text)])
    return [_closed(text[start:end], is_last=end == len(text)) for start, end in edges]


def _places(text: str, language: str) -> Iterator[int]:
    """Yield where a word may be parted, from left to right."""
    rules = _rules(language)
    core = _WORD.search(text)
    if rules is None or core is None or any(char.isalnum() for char in text[: core.start()] + text[core.end() :]):
        return
    at = core.start()
    for piece in re.split("([-\u2010])", core[0]):
        if _is_hyphen(piece):
            yield at + 1
        else:
            yield from (at + place for place in rules.positions(piece))
        at += len(piece)


@cache
def _rules(language: str) -> "pyphen.Pyphen | None":
    import pyphen  # few shorts have so long a word, and need its dictionaries

    known = pyphen.language_fallback(language.replace(HYPHEN, "_"))
    return pyphen.Pyphen(lang=known) if known else None


def _closed(part: str, *, is_last: bool) -> str:
    return part if is_last or _is_hyphen(part[-1]) else part + HYPHEN


def _is_hyphen(text: str) -> bool:
    return text in (HYPHEN, "\u2010")


def _timed(word: WordTiming, parts: Sequence[str]) -> Iterator[WordTiming]:
    span_ms, start_ms, done = word.end_ms - word.start_ms, word.start_ms, 0
    whole = sum(len(part) for part in parts)
    for number, part in enumerate(parts, start=1):
        done += len(part)
        end_ms = word.start_ms + span_ms * done // whole
        joined = word.joined and number == len(parts)
        yield WordTiming(text=part, start_ms=start_ms, end_ms=end_ms, joined=joined)
        start_ms = end_ms
