"""How well the words of a query fit the name and the keywords of a file."""

import re
import unicodedata
from collections.abc import Iterable

LEAST_SCORE = 0.6  # of the query's words: both of two, two of three
_LEAST_STEM = 4
_LONGEST_ENDING = 2
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_NO_MEANING = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a query, a path or keywords: lower case, without accents, NightSky2 as night, sky and 2."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    found = (word.casefold() for word in _WORD.findall(_CAMEL.sub(" ", plain)))
    return tuple(word for word in found if word not in _NO_MEANING)


def score(query: str, texts: Iterable[str]) -> float:
    """Return the share of the query's words, 0 to 1, that are among the words of the texts."""
    wanted, there = words_of(query), {word for text in texts for word in words_of(text)}
    if not wanted:
        return 0.0
    return sum(any(_same(word, other) for other in there) for word in wanted) / len(wanted)


def _same(wanted: str, other: str) -> bool:
    """Return whether two words are the same but for a short ending, such as wave and waves."""
    if wanted == other:
        return True
    if not wanted.isascii():  # also of scripts that put no space between words
        return len(wanted) > 1 and (wanted in other or (len(other) > 1 and other in wanted))
    short, long = sorted((wanted, other), key=len)
    return len(short) >= _LEAST_STEM and len(long) - len(short) <= _LONGEST_ENDING and long.startswith(short)
