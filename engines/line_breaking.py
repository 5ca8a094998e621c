"""Lines of titles: as few as their room needs, of like length by width, parted where a reader would part them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from math import inf
from typing import NamedTuple

from engines.clusters import clusters, is_emoji
from engines.phrasing import NEVER_FIRST, NEVER_LAST, is_unspaced, phrases_of

EVEN = 0.5  # shortest line to longest, from which on lines look even

_TORN = 1.0  # cost of a line that ends inside a phrase, against the square of how far lines are from like length
_LEANING_COST = 0.15  # of one that ends with a word that leans on the next
_PAUSE_GAIN = 0.06  # of one that ends where a reader pauses
_PAUSES = frozenset(",;:.!?…—–،؛؟।、。，；：！？")
_DASHES = frozenset("-–—·|/&+=")
_LEANING_LETTERS = 2  # words as short as this lean on the next: a, of, is, и, в, el, le
_LEANING = (  # articles, prepositions and conjunctions of the languages that have most titles
    "the and for but with from your der die das und ein eine mit von für les des une que pour los las del con para "
    "dei gli het een что как для και για στο την του"
)

Measure = Callable[[str], float]


class Lines(NamedTuple):
    """A title in lines."""

    texts: tuple[str, ...]
    is_even: bool  # none of them is much shorter than the others
    is_whole: bool  # none of them ends inside a phrase


class _Piece(NamedTuple):
    """What is not parted, with the space behind it, and what it costs to end a line with it."""

    text: str
    cost: float


def break_lines(
    text: str, *, measure: Measure, room_px: float, max_lines: int, cut_words: bool = False
) -> Lines | None:
    """Return `text` in as few and as even lines of at most `room_px` as can be; None if it does not fit.

    `cut_words` lets a word that is wider than a line be cut between its clusters.
    """
    pieces = _without_dangling(list(_pieces(text)))
    if cut_words:
        pieces = [part for piece in pieces for part in _cut(piece, measure, room_px)]
    ends = [0.0, *accumulate(measure(piece.text) for piece in pieces)]
    bare = [
        end - measure(piece.text) + measure(piece.text.rstrip()) for piece, end in zip(pieces, ends[1:], strict=True)
    ]
    for count in range(1, max_lines + 1):
        edges = _best_edges(pieces, ends, bare, room_px, count)
        if edges is None:
            continue
        texts = ["".join(piece.text for piece in pieces[first:end]).rstrip() for first, end in edges]
        widths = [measure(line) for line in texts]
        if max(widths) <= room_px:
            is_whole = all(pieces[end - 1].cost < _TORN for _, end in edges[:-1])
            return Lines(tuple(texts), min(widths) >= EVEN * max(widths), is_whole)
    return None


def _best_edges(
    pieces: Sequence[_Piece], ends: Sequence[float], bare: Sequence[float], room_px: float, count: int
) -> list[tuple[int, int]] | None:
    """Return which pieces stand on which of `count` lines, by dynamic programming; None if they do not fit."""
    total, ideal_px = len(pieces), max(1.0, ends[-1] / count)
    costs = [0.0] + [inf] * total
    back: list[list[int]] = []
    for number in range(count):
        now, came = [inf] * (total + 1), [0] * (total + 1)
        for first in range(total):
            if costs[first] == inf:
                continue
            for end in range(first + 1, total + 1):
                width_px = bare[end - 1] - ends[first]
                if width_px > room_px:
                    break
                ending = 0.0 if end == total else pieces[end - 1].cost
                cost = costs[first] + (1 - width_px / ideal_px) ** 2 + ending
                if cost < now[end] and (number < count - 1 or end == total):
                    now[end], came[end] = cost, first
        costs = now
        back.append(came)
    if costs[total] == inf:
        return None
    edges, end = [], total
    for came in reversed(back):
        edges.append((came[end], end))
        end = came[end]
    return edges[::-1]


def _pieces(text: str) -> Iterator[_Piece]:
    """Yield words with their spaces, and the clusters of scripts that write none; marks stay with what is before."""
    words = text.split()
    whole = ""
    for number, word in enumerate(words):
        whole += word
        following = words[number + 1] if number + 1 < len(words) else ""
        space = " " if following else ""
        if following and _is_mark(following):
            whole += space
        elif is_unspaced(whole):
            yield from _unspaced(whole, space)
            whole = ""
        else:
            yield _Piece(whole + space, _end_cost(whole.split()[-1]))
            whole = ""


def _without_dangling(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Make it dear to end a line with the first word behind a pause."""
    before = [0.0, *(piece.cost for piece in pieces)]
    return [
        piece._replace(cost=_LEANING_COST) if piece.cost == 0 and cost < 0 else piece
        for piece, cost in zip(pieces, before, strict=False)
    ]


def _unspaced(text: str, space: str) -> Iterator[_Piece]:
    """Yield what must not be parted of text without spaces: a line may end inside a phrase where it has to."""
    for phrase in phrases_of(text):
        parts: list[str] = []
        for cluster in clusters(phrase):
            if parts and (
                cluster[0] in NEVER_FIRST or parts[-1][-1] in NEVER_LAST or not is_unspaced(parts[-1][-1] + cluster)
            ):
                parts[-1] += cluster
            else:
                parts.append(cluster)
        yield from (_Piece(part, _TORN) for part in parts[:-1])
        yield _Piece(parts[-1], _end_cost(parts[-1]) if parts[-1][-1] in _PAUSES else 0.0)
    if space:
        yield _Piece(space, 0.0)


def _end_cost(word: str) -> float:
    bare = "".join(char for char in word if char.isalnum()).lower()
    if word[-1] in _PAUSES:
        return -_PAUSE_GAIN
    leans = bare in _LEANING.split() or (0 < len(bare) <= _LEANING_LETTERS and bare.isalpha())
    return _LEANING_COST if leans else 0.0


def _is_mark(word: str) -> bool:
    """Tell whether a word is none, but an emoji or a dash, which begins no line."""
    return all(is_emoji(char) or char in _DASHES or char == "\u200d" for char in word)


def _cut(piece: _Piece, measure: Measure, room_px: float) -> Iterator[_Piece]:
    """Yield the parts of a piece that is wider than a line, never cut inside a cluster."""
    part = ""
    for cluster in clusters(piece.text):
        if part and measure((part + cluster).rstrip()) > room_px:
            yield _Piece(part, _TORN)
            part = ""
        part += cluster
    yield _Piece(part, piece.cost)
