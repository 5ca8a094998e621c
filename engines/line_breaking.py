"""Lines of titles: as few as their room needs, of like length by width, parted where a reader would part them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from math import inf
from typing import NamedTuple

from engines.break_places import HYPHEN, SYLLABLE, break_places
from engines.clusters import clusters, is_emoji
from engines.phrasing import NEVER_FIRST, NEVER_LAST, is_katakana, is_unspaced, phrases_of

EVEN = 0.5  # shortest line to longest, from which on lines look even

_TORN = 1.0  # cost of a line that ends inside a phrase, against the square of how far lines are from like length
_BEHIND_KATAKANA, _LEAST_BEHIND_KATAKANA = 0.07, 4  # of one that ends with a loan word of a phrase that goes on
_LEANING_COST = 0.08  # of one that ends with a word that leans on the next
_PAUSE_GAIN = 0.06  # of one that ends where a reader pauses
_PAUSES = frozenset(",;:.!?…—–،؛؟।、。，；：！？")
_DASHES = frozenset("-–—·|/&+=")
_LEANING_LETTERS = 2  # words as short as this lean on the next: a, of, is, и, в, el, le
_LEANING = (  # articles, prepositions and conjunctions of the languages that have most titles
    "the and for but with from your der die das und ein eine mit von für les des une que pour los las del con para "
    "dei gli het een что как для και για στο την του"
)

_HYPHEN_COST = 0.3  # of a line that ends with one
_HYPHEN_WORTH = 0.75  # a hyphen has to make a title larger by more than a third
_LEAST_OF_PARTS = 3  # letters before and behind a hyphen

_SIZE_STEP = 0.94
_LEAST_FOR_SMOOTH, _LEAST = 0.82, 0.64  # how much smaller a title may be for smooth lines, and for whole phrases

Measure = Callable[[str], float]


class Lines(NamedTuple):
    """A title in lines."""

    texts: tuple[str, ...]
    is_smooth: bool  # none of them is much shorter than the others, or ends with a word that leans on the next
    is_whole: bool  # none of them ends inside a phrase
    hyphens: int = 0  # how many of them end with one that the text does not have


class _Piece(NamedTuple):
    """What is not parted, with the space behind it, what it costs to end a line with it, and what is then added."""

    text: str
    cost: float
    hyphen: str = ""

    @property
    def at_end(self) -> str:
        """What it looks like at the end of a line."""
        return self.text.rstrip() + self.hyphen


def break_lines(
    text: str, *, measure: Measure, room_px: float, max_lines: int, language: str = "", cut_words: bool = False
) -> Lines | None:
    """Return `text` in as few and as even lines of at most `room_px` as can be; None if it does not fit.

    A word that is wider than a line is parted by the rules of its language, a BCP 47 tag; `cut_words` lets it be cut
    between any of its clusters where that does not help.
    """
    pieces = _without_dangling(list(_pieces(text)))
    pieces = [part for piece in pieces for part in _hyphenated(piece, measure, room_px, language)]
    if cut_words:
        pieces = [part for piece in pieces for part in _cut(piece, measure, room_px)]
    ends = [0.0, *accumulate(measure(piece.text) for piece in pieces)]
    bare = [end - measure(piece.text) + measure(piece.at_end) for piece, end in zip(pieces, ends[1:], strict=True)]
    for count in range(1, max_lines + 1):
        edges = _best_edges(pieces, ends, bare, room_px, count)
        if edges is None:
            continue
        texts = [_line(pieces[first:end]) for first, end in edges]
        widths = [measure(line) for line in texts]
        if max(widths) <= room_px:
            dearest = max((pieces[end - 1].cost for _, end in edges[:-1]), default=0.0)
            is_even = min(widths) >= EVEN * max(widths)
            return Lines(
                tuple(texts),
                is_smooth=is_even and dearest < _LEANING_COST,
                is_whole=dearest < _TORN,
                hyphens=sum(bool(pieces[end - 1].hyphen) for _, end in edges),
            )
    return None


def largest_fit(
    largest_px: float, smallest_px: float, lines_at: Callable[[float], Lines | None]
) -> tuple[float, Lines] | None:
    """Return the largest of these sizes at which a title fits, and its lines; None where it fits at none.

    A little smaller where that makes lines smooth, and up to a third where it keeps phrases whole. Words are hyphenated
    only where the title would have to be much smaller without.
    """
    first: tuple[float, Lines] | None = None
    whole: tuple[float, Lines] | None = None
    parted: tuple[float, Lines] | None = None
    worth_px = 0.0  # the size that a title without hyphens must have to go before `parted`
    size_px, least_px = largest_px, smallest_px
    while True:
        lines = lines_at(size_px)
        if lines and lines.hyphens:
            if size_px * _HYPHEN_WORTH**lines.hyphens > worth_px:
                parted, worth_px = (size_px, lines), size_px * _HYPHEN_WORTH**lines.hyphens
        elif lines:
            if lines.is_whole and lines.is_smooth:
                return size_px, lines
            if first is None:
                first, least_px = (size_px, lines), max(least_px, size_px * _LEAST)
            if lines.is_whole and whole is None:
                whole, least_px = (size_px, lines), max(least_px, size_px * _LEAST_FOR_SMOOTH)
        if size_px <= (least_px if first else max(least_px, worth_px)):
            return whole or first or parted
        size_px = max(least_px, size_px * _SIZE_STEP)


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
        for part, tail in zip(parts[:-1], _tails(parts), strict=True):
            yield _Piece(part, _BEHIND_KATAKANA if _ends_katakana(part, tail) else _TORN)
        yield _Piece(parts[-1], _end_cost(parts[-1]) if parts[-1][-1] in _PAUSES else 0.0)
    if space:
        yield _Piece(space, 0.0)


def _tails(parts: Sequence[str]) -> list[str]:
    """Return what follows each part but the last."""
    return ["".join(parts[number:]) for number in range(1, len(parts))]


def _ends_katakana(part: str, tail: str) -> bool:
    """Tell whether a word in katakana ends here, and enough follows it for a line to begin with."""
    return is_katakana(part[-1]) and not is_katakana(tail[0]) and len(tail) >= _LEAST_BEHIND_KATAKANA


def _end_cost(word: str) -> float:
    bare = "".join(char for char in word if char.isalnum()).lower()
    if word[-1] in _PAUSES:
        return -_PAUSE_GAIN
    is_short = 0 < len(bare) <= _LEANING_LETTERS and bare != bare.upper()  # not in scripts without capitals
    leans = bare in _LEANING.split() or is_short
    return _LEANING_COST if leans else 0.0


def _is_mark(word: str) -> bool:
    """Tell whether a word is none, but an emoji or a dash, which begins no line."""
    return all(is_emoji(char) or char in _DASHES or char == "\u200d" for char in word)


def _hyphenated(piece: _Piece, measure: Measure, room_px: float, language: str) -> Iterator[_Piece]:
    """Yield the parts of a word that is wider than a line; behind a sign of its own it gets no hyphen."""
    word = piece.text.rstrip()
    if not language or measure(word) <= room_px or is_unspaced(word):
        yield piece
        return
    start = 0
    for at, place in sorted(break_places(word, language=language, as_written=word).items()):
        is_lonely = min(_letters(word[:at]), _letters(word[at:])) < _LEAST_OF_PARTS
        if place.cost > SYLLABLE or (place.hyphen and is_lonely):
            continue
        cost, hyphen = (_HYPHEN_COST, HYPHEN) if place.hyphen else (_LEANING_COST, "")
        yield _Piece(word[start:at], cost, hyphen)
        start = at
    yield piece._replace(text=piece.text[start:])


def _letters(part: str) -> int:
    return sum(char.isalpha() for char in part)


def _line(pieces: Sequence[_Piece]) -> str:
    return "".join(piece.text for piece in pieces[:-1]) + pieces[-1].at_end


def _cut(piece: _Piece, measure: Measure, room_px: float) -> Iterator[_Piece]:
    """Yield the parts of a piece that is wider than a line, never cut inside a cluster."""
    part = ""
    for cluster in clusters(piece.text):
        if part and measure((part + cluster).rstrip() + piece.hyphen) > room_px:
            yield _Piece(part, _TORN)
            part = ""
        part += cluster
    yield piece._replace(text=part)
