"""Text drawn into a picture, letter by letter in the first font that has it. Shaping and bidi by raqm and fribidi."""

import unicodedata
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageDraw, ImageFont

_JOINERS = "\u200c\u200d"
_LEFTWARDS = frozenset({"R", "AL"})
Ink = int | tuple[int, int, int]


class Lettering:
    """A stack of fonts at one size: the first one draws what it can, the others what the ones before them lack."""

    def __init__(self, fonts: Sequence[Path], size_px: float) -> None:
        self.fonts, self.size_px = tuple(fonts), round(size_px)

    def getlength(self, line: str) -> float:
        """Return a line's width in px."""
        return sum(_face(font, self.size_px).getlength(text) for font, text in _runs(line, self.fonts))

    @cached_property
    def ascent_px(self) -> float:
        """How far the first font's tallest letters reach above the baseline."""
        return float(self._primary.getmetrics()[0])

    @cached_property
    def descent_px(self) -> float:
        """How far its deepest ones reach below."""
        return float(self._primary.getmetrics()[1])

    @property
    def _primary(self) -> ImageFont.FreeTypeFont:
        return _face(self.fonts[0], self.size_px)

    def draw(
        self, canvas: ImageDraw.ImageDraw, left_px: float, baseline_px: float, line: str, *, ink: Ink, leftwards: bool
    ) -> None:
        """Draw a line from its left edge on. Runs in different fonts follow each other as the whole text reads."""
        runs = _runs(line, self.fonts)
        for font, text in reversed(runs) if leftwards else runs:
            face = _face(font, self.size_px)
            canvas.text((left_px, baseline_px), text, fill=ink, font=face, anchor="ls")
            left_px += face.getlength(text)


def reads_leftwards(text: str) -> bool:
    """Tell whether most letters are written from right to left."""
    levels = [unicodedata.bidirectional(char) for char in text]
    return sum(level in _LEFTWARDS for level in levels) > levels.count("L")


def drawable(text: str, fonts: Sequence[Path]) -> str:
    """Return the text in one line without the symbols that no font has; a letter that none has stays, as a box."""
    kept = (
        character
        for character in unicodedata.normalize("NFC", text)
        if _font_of(character, fonts) or character.isalnum() or character.isspace()
    )
    return " ".join("".join(kept).split())


def _runs(line: str, fonts: Sequence[Path]) -> list[tuple[Path, str]]:
    """Split a line into runs of one font each; spaces and marks go with what stands before them."""
    runs: list[tuple[Path, str]] = []
    for character in line:
        stays = character.isspace() or character in _JOINERS or unicodedata.category(character)[0] == "M"
        if runs and (stays or (ord(character) in _characters(runs[-1][0]) and not character.isalpha())):
            font = runs[-1][0]
        else:
            font = _font_of(character, fonts) or fonts[0]
        if runs and runs[-1][0] == font:
            runs[-1] = font, runs[-1][1] + character
        else:
            runs.append((font, character))
    return runs


def _font_of(character: str, fonts: Sequence[Path]) -> Path | None:
    return next((font for font in fonts if ord(character) in _characters(font)), None)


@cache
def _characters(font: Path) -> frozenset[int]:
    with TTFont(font, lazy=True) as file:
        return frozenset(file.getBestCmap())


@cache
def _face(font: Path, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font), size_px)
