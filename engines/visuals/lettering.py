"""Text drawn into a picture, letter by letter in the first font that has it, in the order in which it is read.

A line is cut into pieces of one font and one direction, as libass cuts the captions'; raqm shapes each of them.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from engines.clusters import JOINERS, clusters, stretches
from engines.emoji import CELL_EM, EmojiPictures
from engines.shaping import can_shape, require_shaping
from engines.writing_order import embedding_levels, visual_order

_CAPITALS_EM = 0.7  # about how high capitals are; emoji stand at their middle
_ROOM_EM = 1.22  # of an emoji: a little wider than its picture
Ink = int | tuple[int, int, int]


class Letters(NamedTuple):
    """What text is drawn with: fonts, of which the first goes before the others, and pictures of emoji."""

    fonts: tuple[Path, ...]
    emoji: EmojiPictures | None = None

    def drawable(self, text: str) -> str:
        """Return the text in one line without symbols that nothing draws; a letter stays, as a box.

        Raises ShaperMissing.
        """
        require_shaping(text)
        kept = (
            cluster if self._pictures(cluster) else "".join(char for char in cluster if self._draws(char))
            for cluster in clusters(unicodedata.normalize("NFC", text))
        )
        return " ".join("".join(kept).split())

    def runs(self, line: str) -> list["_Run"]:
        """Split a line into runs of one font each, or of one emoji; spaces and marks go with what is before them."""
        runs: list[_Run] = []
        for stretch in stretches(line):
            if self._pictures(stretch):
                runs.append(_Run(None, stretch))
                continue
            whole = self._font_of_all(stretch) if len(stretch) > 1 else None
            for char in (stretch,) if whole else stretch:
                font = whole or self._font_behind(runs, char)
                if runs and runs[-1].font == font:
                    runs[-1] = _Run(font, runs[-1].text + char)
                else:
                    runs.append(_Run(font, char))
        return runs

    def _pictures(self, cluster: str) -> bool:
        lettered = len(cluster) == 1 and _font_of(cluster, self.fonts)  # ™ is a sign of the font's, ™️ a picture
        return self.emoji is not None and not lettered and self.emoji.has(cluster)

    def _draws(self, char: str) -> bool:
        return bool(_font_of(char, self.fonts)) or char.isalnum() or char.isspace()

    def _font_of_all(self, stretch: str) -> Path | None:
        """Return the first font that has all letters of a stretch, so that no word is set in two."""
        visible = {ord(char) for char in stretch if char not in JOINERS}
        return next((font for font in self.fonts if visible <= _characters(font)), None)

    def _font_behind(self, runs: Sequence["_Run"], char: str) -> Path:
        last = runs[-1].font if runs else None
        if char.isspace() and last and ord(char) not in _characters(last):
            return self.fonts[0]
        stays = char.isspace() or char in JOINERS or unicodedata.category(char)[0] == "M"
        if last and (stays or (ord(char) in _characters(last) and not char.isalpha())):
            return last
        return _font_of(char, self.fonts) or self.fonts[0]


class _Run(NamedTuple):
    """A piece of text in one font, or an emoji (None)."""

    font: Path | None
    text: str


class _Piece(NamedTuple):
    """A part of a run whose letters have one embedding level, odd where they are written from right to left."""

    font: Path | None
    level: int
    text: str

    @property
    def direction(self) -> str | None:
        """What raqm is told; without it nothing can be told, and letters stand as they come."""
        return ("ltr", "rtl")[self.level % 2] if can_shape() else None


class Lettering:
    """Letters at one size."""

    def __init__(self, letters: Letters, size_px: float) -> None:
        self.letters, self.size_px = letters, round(size_px)

    def getlength(self, line: str, *, rtl: bool = False) -> float:
        """Return a line's width in px; `rtl` lines read from right to left, whatever their first letter."""
        return sum(self._length(piece) for piece in self._pieces(line, rtl=rtl))

    @cached_property
    def ascent_px(self) -> float:
        """How far the first font's tallest letters reach above the baseline."""
        return float(self._primary.getmetrics()[0])

    @cached_property
    def descent_px(self) -> float:
        """How far its deepest ones reach below."""
        return float(self._primary.getmetrics()[1])

    def draw(self, image: Image.Image, left_px: float, baseline_px: float, line: str, *, ink: Ink, rtl: bool) -> None:
        """Draw a line from its left edge on, its emoji in colour or, on an image of one channel, as their shapes.

        Pieces stand in the order of the Unicode bidirectional algorithm for a line of this direction.
        """
        canvas = ImageDraw.Draw(image)
        for piece in visual_order(self._pieces(line, rtl=rtl)):
            if piece.font is None:
                self._paste(image, piece.text, left_px + self._length(piece) / 2, baseline_px, ink)
            else:
                canvas.text(
                    (left_px, baseline_px),
                    piece.text,
                    fill=ink,
                    font=_face(piece.font, self.size_px),
                    anchor="ls",
                    direction=piece.direction,
                )
            left_px += self._length(piece)

    def _pieces(self, line: str, *, rtl: bool) -> list[_Piece]:
        """Return the pieces of a line in the order of speech."""
        levels, at = embedding_levels(line, rtl=rtl, pairs_brackets=True), 0
        found: list[_Piece] = []
        for run in self.letters.runs(line):
            parts: list[tuple[int, str]] = []
            for cluster in clusters(run.text):
                parts.append((levels[at], cluster))
                at += len(cluster)
            for level, same in groupby(parts, key=lambda part: part[0]):
                found.append(_Piece(run.font, level, "".join(cluster for _, cluster in same)))
        return found

    @property
    def _primary(self) -> ImageFont.FreeTypeFont:
        return _face(self.letters.fonts[0], self.size_px)

    def _length(self, piece: _Piece) -> float:
        if piece.font is None:
            return _ROOM_EM * self.size_px
        return _face(piece.font, self.size_px).getlength(piece.text, direction=piece.direction)

    def _paste(self, image: Image.Image, emoji: str, middle_px: float, baseline_px: float, ink: Ink) -> None:
        assert self.letters.emoji is not None
        picture = self.letters.emoji.picture(emoji, height_px=round(CELL_EM * self.size_px))
        top_px = baseline_px - _CAPITALS_EM * self.size_px / 2 - picture.height / 2
        place = round(middle_px - picture.width / 2), round(top_px)
        if image.mode == "L":
            image.paste(ink, (*place, place[0] + picture.width, place[1] + picture.height), picture.getchannel("A"))
        else:
            image.paste(picture, place, picture)


def _font_of(character: str, fonts: Sequence[Path]) -> Path | None:
    return next((font for font in fonts if ord(character) in _characters(font)), None)


@cache
def _characters(font: Path) -> frozenset[int]:
    with TTFont(font, lazy=True) as file:
        return frozenset(file.getBestCmap())


@cache
def _face(font: Path, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font), size_px)
