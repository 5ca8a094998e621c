"""Text drawn into a picture, letter by letter in the first font that has it. Shaping and bidi by raqm and fribidi."""

import unicodedata
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from engines.clusters import JOINERS, clusters, stretches
from engines.emoji import CELL_EM, EmojiPictures

_CAPITALS_EM = 0.7  # about how high capitals are; emoji stand at their middle
_ROOM_EM = 1.22  # of an emoji: a little wider than its picture
_LEFTWARDS = frozenset({"R", "AL"})
Ink = int | tuple[int, int, int]


class Letters(NamedTuple):
    """What text is drawn with: fonts, of which the first goes before the others, and pictures of emoji."""

    fonts: tuple[Path, ...]
    emoji: EmojiPictures | None = None

    def drawable(self, text: str) -> str:
        """Return the text in one line without symbols that nothing draws; a letter stays, as a box."""
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


class Lettering:
    """Letters at one size."""

    def __init__(self, letters: Letters, size_px: float) -> None:
        self.letters, self.size_px = letters, round(size_px)

    def getlength(self, line: str) -> float:
        """Return a line's width in px."""
        return sum(self._length(run) for run in self.letters.runs(line))

    @cached_property
    def ascent_px(self) -> float:
        """How far the first font's tallest letters reach above the baseline."""
        return float(self._primary.getmetrics()[0])

    @cached_property
    def descent_px(self) -> float:
        """How far its deepest ones reach below."""
        return float(self._primary.getmetrics()[1])

    def draw(
        self, image: Image.Image, left_px: float, baseline_px: float, line: str, *, ink: Ink, leftwards: bool
    ) -> None:
        """Draw a line from its left edge on, its emoji in colour or, on an image of one channel, as their shapes.

        Runs follow each other as the whole text reads.
        """
        canvas = ImageDraw.Draw(image)
        runs = self.letters.runs(line)
        for run in reversed(runs) if leftwards else runs:
            if run.font is None:
                self._paste(image, run.text, left_px + self._length(run) / 2, baseline_px, ink)
            else:
                face = _face(run.font, self.size_px)
                canvas.text((left_px, baseline_px), run.text, fill=ink, font=face, anchor="ls")
            left_px += self._length(run)

    @property
    def _primary(self) -> ImageFont.FreeTypeFont:
        return _face(self.letters.fonts[0], self.size_px)

    def _length(self, run: _Run) -> float:
        return _ROOM_EM * self.size_px if run.font is None else _face(run.font, self.size_px).getlength(run.text)

    def _paste(self, image: Image.Image, emoji: str, middle_px: float, baseline_px: float, ink: Ink) -> None:
        assert self.letters.emoji is not None
        picture = self.letters.emoji.picture(emoji, height_px=round(CELL_EM * self.size_px))
        top_px = baseline_px - _CAPITALS_EM * self.size_px / 2 - picture.height / 2
        place = round(middle_px - picture.width / 2), round(top_px)
        if image.mode == "L":
            image.paste(ink, (*place, place[0] + picture.width, place[1] + picture.height), picture.getchannel("A"))
        else:
            image.paste(picture, place, picture)


def reads_leftwards(text: str) -> bool:
    """Tell whether most letters are written from right to left."""
    levels = [unicodedata.bidirectional(char) for char in text]
    return sum(level in _LEFTWARDS for level in levels) > levels.count("L")


def _font_of(character: str, fonts: Sequence[Path]) -> Path | None:
    return next((font for font in fonts if ord(character) in _characters(font)), None)


@cache
def _characters(font: Path) -> frozenset[int]:
    with TTFont(font, lazy=True) as file:
        return frozenset(file.getBestCmap())


@cache
def _face(font: Path, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font), size_px)
