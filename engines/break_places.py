"""Where a word that no line can hold may be parted: an address at its signs, a word by the rules of its language."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from fontTools.unicodedata import script

from engines.clusters import clusters, is_emoji

if TYPE_CHECKING:
    import pyphen

HYPHEN = "-"

# How a break reads, against the cost of 1.0 of each further part.
SMOOTH = 0.0  # behind a sign that parts the word anyway
INNER = 0.1  # behind one that holds a name together: my-name, my_name, my.name
HUMP = 0.3  # before a capital or a number inside a name
SYLLABLE = 0.6
BARE_SYLLABLE = 2.0  # without a hyphen
TORN = 3.0  # anywhere between letters or digits
ODD = 6.0  # before a closing mark and the like

# Behind these, if a letter or digit follows: %20 and ~name stay whole, and what begins with @ or # keeps it.
_SIGNS = re.compile(r"(?<=.)[/.\-\u2010\u2013\u2014_?&=:;,@#+|\\…]+(?=[^\W_])")
_INNER_SIGNS = "-_."
_LETTERS = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_HUMPS = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
# Addresses, numbers and names of programs: nobody could tell a hyphen that is put into them from one of their own.
_LITERAL = re.compile(r"\d|^[@#]|[^\W_](?:/*[:.@#_=?&%~\\]/*)+[^\W_]")
_HYPHENATED_SCRIPTS = frozenset(("Latn", "Grek", "Cyrl", "Armn", "Geor"))
_VIRAMA = 9  # a combining class: the letter behind it is drawn with the one before


class BreakPlace(NamedTuple):
    """A place between two letters: what parting the word there costs, and whether a hyphen is set there."""

    cost: float
    hyphen: bool


def break_places(text: str, *, language: str, as_written: str) -> dict[int, BreakPlace]:
    """Return every place of a word, by the number of characters before it.

    `as_written` is the same in the script's own capitals, of which captions may show others.
    """
    cased = as_written if len(as_written) == len(text) else text
    humps = frozenset(_humps(cased))
    literal = bool(_LITERAL.search(text) or humps)
    places = {at: _anywhere(before, after, literal) for at, before, after in _boundaries(text)}
    for at in _syllables(text, language):
        if at in places:
            places[at] = BreakPlace(BARE_SYLLABLE if literal else SYLLABLE, hyphen=not literal)
    signs = {match.end(): match[0] for match in _SIGNS.finditer(text)}
    places |= {at: BreakPlace(HUMP, hyphen=False) for at in humps - signs.keys()}
    for at, sign in signs.items():
        is_inner = literal and sign[-1] in _INNER_SIGNS
        places[at] = BreakPlace(INNER if is_inner else SMOOTH, hyphen=False)
    return places


def _boundaries(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield where one cluster ends and the next begins, with both."""
    at = 0
    for before, after in pairwise(clusters(text)):
        at += len(before)
        if unicodedata.combining(before[-1]) != _VIRAMA:
            yield at, before, after


def _anywhere(before: str, after: str, literal: bool) -> BreakPlace:
    if before[0].isalnum() and after[0].isalnum():
        hyphenated = {script(before[0]), script(after[0])} <= _HYPHENATED_SCRIPTS
        return BreakPlace(TORN, hyphen=hyphenated and not literal)
    return BreakPlace(SYLLABLE if is_emoji(before[0]) and is_emoji(after[0]) else ODD, hyphen=False)


def _humps(text: str) -> Iterator[int]:
    """Yield where a name like aShortName2 has a capital behind a small letter, or a number beside a letter."""
    for at, (before, after) in enumerate(pairwise(text), start=1):
        if before.islower() and after.isupper():
            yield at
    yield from (match.start() for match in _HUMPS.finditer(text))


def _syllables(text: str, language: str) -> Iterator[int]:
    rules = _rules(language)
    if rules is not None:
        for letters in _LETTERS.finditer(text):
            yield from (letters.start() + place for place in rules.positions(letters[0]))


@cache
def _rules(language: str) -> "pyphen.Pyphen | None":
    import pyphen  # few shorts have so long a word, and need its dictionaries

    known = pyphen.language_fallback(language.replace(HYPHEN, "_"))
    return pyphen.Pyphen(lang=known) if known else None
