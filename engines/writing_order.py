"""In what order text stands on screen: the Unicode bidirectional algorithm, for who draws a line piece by piece."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from bidi import algorithm

from engines.clusters import DIRECTION_MARKS, is_invisible

_LEFTWARDS = frozenset({"R", "AL"})  # the classes of letters of Unicode's bidirectional algorithm
LTR_MARK, RTL_MARK = DIRECTION_MARKS[0], DIRECTION_MARKS[1]
_BRACKETS = dict(zip("([{（［｛「『【〈《", ")]}）］｝」』】〉》", strict=True))


class Leveled(Protocol):
    """A piece of text with its embedding level: odd for one that is written from right to left."""

    @property
    def level(self) -> int:
        """The level."""


L = TypeVar("L", bound=Leveled)


def is_rtl(texts: Sequence[str]) -> bool:
    """Tell whether most letters of `texts` are written from right to left."""
    directions = Counter(map(unicodedata.bidirectional, "".join(texts)))
    return sum(directions[each] for each in _LEFTWARDS) > directions["L"]


def is_leftwards(char: str) -> bool:
    """Tell whether a character is a letter, or the like, of a script that is written from right to left."""
    return unicodedata.bidirectional(char) in _LEFTWARDS


def embedding_levels(text: str, *, rtl: bool, pairs_brackets: bool = False) -> list[int]:
    """Return each character's embedding level in a line of this direction.

    Characters that the algorithm takes out have their predecessor's. `pairs_brackets` gives both brackets of a pair one
    direction (rule N0), which libass leaves out.
    """
    base = 1 if rtl else 0
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, ("L", "R")[base]
    algorithm.get_embedding_levels(text, storage)
    for number, char in enumerate(storage["chars"]):
        char["index"] = number
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    if pairs_brackets:
        _resolve_brackets(storage["chars"], embedding=storage["base_dir"])
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    kept = {char["index"]: char["level"] for char in storage["chars"]}
    levels: list[int] = []
    for number, char in enumerate(text):
        inherited = levels[-1] if levels and is_invisible(char) else base
        levels.append(kept.get(number, inherited))
    return levels


def with_marked_brackets(texts: Sequence[str], *, rtl: bool) -> list[str]:
    """Return the texts that together make a line, so that who does not pair brackets (rule N0) shows them in pairs.

    Invisible marks beside a bracket give it its direction.
    """
    line = "".join(texts)
    if _BRACKETS.keys().isdisjoint(line):
        return list(texts)
    alone, paired = (embedding_levels(line, rtl=rtl, pairs_brackets=pairs) for pairs in (False, True))
    closing, at = frozenset(_BRACKETS.values()), 0
    marked: list[str] = []
    for text in texts:
        shown = ""
        for char in text:
            is_turned = (char in _BRACKETS or char in closing) and (alone[at] + paired[at]) % 2
            mark = (LTR_MARK, RTL_MARK)[paired[at] % 2] if is_turned else ""
            shown += mark + char + mark
            at += 1
        marked.append(shown)
    return marked


def visual_order(pieces: Sequence[L]) -> list[L]:
    """Return the pieces of a line from left to right.

    From the highest level down to the lowest odd one, every stretch of pieces of at least that level is reversed.
    """
    ordered = list(pieces)
    for level in range(max((piece.level for piece in pieces), default=0), 0, -1):
        start = 0
        while start < len(ordered):
            stop = start
            while stop < len(ordered) and ordered[stop].level >= level:
                stop += 1
            ordered[start:stop] = reversed(ordered[start:stop])
            start = max(stop, start) + 1
    return ordered


def _resolve_brackets(chars: list[dict[str, Any]], *, embedding: str) -> None:
    """Give both brackets of a pair the direction of what is inside, or else of what is before (rule N0)."""
    for opening, closing in _bracket_pairs([char["ch"] for char in chars]):
        inside = {_strong(char["type"]) for char in chars[opening + 1 : closing]} - {""}
        if not inside:
            continue
        before = next((kind for char in reversed(chars[:opening]) if (kind := _strong(char["type"]))), embedding)
        chars[opening]["type"] = chars[closing]["type"] = embedding if embedding in inside else before


def _bracket_pairs(text: Sequence[str]) -> list[tuple[int, int]]:
    """Return where brackets open and where they close, in the order of opening."""
    pairs: list[tuple[int, int]] = []
    unclosed: list[tuple[str, int]] = []
    for at, char in enumerate(text):
        if char in _BRACKETS:
            unclosed.append((_BRACKETS[char], at))
        elif char in [closing for closing, _ in unclosed]:
            while True:
                closing, opened = unclosed.pop()
                if closing == char:
                    pairs.append((opened, at))
                    break
    return sorted(pairs)


def _strong(kind: str) -> str:
    """Return the direction that a resolved type stands for; numbers count as if they were written leftwards."""
    return {"L": "L", "R": "R", "EN": "R", "AN": "R"}.get(kind, "")
