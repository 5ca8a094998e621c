"""Spans: where on its line each word stands, in the order in which the line is read on screen.

libass lays a line out by the same rules: the Unicode bidirectional algorithm (told by marks what makes a pair of
brackets), then every run of one font for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from engines.clusters import clusters
from engines.subtitles.faces import Face
from engines.subtitles.fonts import FontStack
from engines.subtitles.text import spacing
from engines.writing_order import embedding_levels, visual_order
from models.timeline import WordTiming

_SPACE = -1


@dataclass(frozen=True)
class Piece:
    """A part of a word that one font draws in one direction. Edges in em from the line's left end."""

    word: int
    text: str
    face: Face
    left_em: float
    right_em: float
    leftwards: bool


@dataclass(frozen=True)
class LineSpans:
    """The pieces of a line from left to right, and how wide it is."""

    pieces: tuple[Piece, ...]
    width_em: float

    def word(self, index: int) -> tuple[float, float]:
        """Return a word's left and right edges in em; a word torn apart by writing direction spans all between."""
        mine = [piece for piece in self.pieces if piece.word == index]
        return min(piece.left_em for piece in mine), max(piece.right_em for piece in mine)


def line_spans(line: Sequence[WordTiming], *, fonts: FontStack, rtl: bool) -> LineSpans:
    """Return where the words of a line stand."""
    atoms = []
    for (level, word, face), run in groupby(_clusters(line, fonts=fonts, rtl=rtl), key=lambda part: part[:3]):
        atoms.append(_Atom(level, word, face, "".join(part.text for part in run)))
    pieces, at_em = [], 0.0
    for level, word, face, text in visual_order(atoms):
        width_em = fonts.ink(text).width_px
        if word != _SPACE:
            pieces.append(Piece(word, text, face, at_em, at_em + width_em, leftwards=bool(level % 2)))
        at_em += width_em
    return LineSpans(tuple(pieces), at_em)


class _Atom(NamedTuple):
    """Text of one embedding level, word and font."""

    level: int
    word: int
    face: Face
    text: str


def _clusters(line: Sequence[WordTiming], *, fonts: FontStack, rtl: bool) -> list[_Atom]:
    """Return each cluster, in the order of speech."""
    parts = []
    for index, word in enumerate(line):
        for run in fonts.runs(word.text):
            parts += [(index, run.face, cluster) for cluster in clusters(run.text)]
        parts += [(_SPACE, fonts.primary, space) for space in spacing(line, index)]
    levels = embedding_levels("".join(text for *_, text in parts), rtl=rtl, pairs_brackets=True)
    found, at = [], 0
    for number, face, text in parts:
        found.append(_Atom(levels[at], number, face, text))
        at += len(text)
    return found
