"""The poster frame: one picture of the short with its title, as a feed shows it before it plays."""

import io
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from engines.visuals.color import Pixels

JPEG_QUALITY = 90
THUMBNAIL_QUALITY = 70
MAX_LINES = 4
_TEXT_WIDTH = 0.84  # of the poster's width; feeds cover the rest with their own marks
_BLOCK_BOTTOM = 0.80  # of the poster's height; what feeds cut off a tall poster for a grid lies below
_LARGEST, _SMALLEST = 0.125, 0.052  # of the shorter side
_SIZE_STEP = 0.94
_LINE_HEIGHT = 1.14
_SCRIM_STARTS, _SCRIM_DARKEST = 0.30, 0.78
_ELLIPSIS = "…"
Measure = Callable[[str], float]


def make_poster(frame_rgb: Pixels, *, title: str, font: Path, output: Path) -> None:
    """Write a JPEG of `frame_rgb`, uint8 of shape (height, width, 3), darkened towards its foot, with the title on it.

    The title stands in at most four lines of even length, as large as fits, and ends in an ellipsis where it does not
    fit at all. Where another font in the folder of `font` covers more of the title, that one is taken; symbols that it
    lacks (emoji, mostly) are left out. The same input gives the same bytes.
    """
    height, width = frame_rgb.shape[:2]
    chosen = _font_for(title, font)
    text = _drawable(title, chosen)
    poster = Image.fromarray(frame_rgb)
    if text:
        face, lines = fit_title(text, font=chosen, width_px=width, height_px=height)
        poster = Image.composite(Image.new("RGB", poster.size), poster, _scrim(width, height))
        _draw_title(poster, lines, face)
    poster.save(output, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True)


def thumbnail(poster: Path, *, longest_px: int) -> bytes:
    """Return a small JPEG of a poster, its longer side `longest_px`."""
    with Image.open(poster) as image:
        image.draft("RGB", (longest_px, longest_px))  # decodes at a fraction of the size
        image.thumbnail((longest_px, longest_px))
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG", quality=THUMBNAIL_QUALITY)
    return jpeg.getvalue()


def fit_title(text: str, *, font: Path, width_px: int, height_px: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """Return the largest face in which the title fits, and its lines."""
    room = width_px * _TEXT_WIDTH
    size = min(width_px, height_px) * _LARGEST
    smallest = min(width_px, height_px) * _SMALLEST
    while True:
        face = ImageFont.truetype(str(font), round(size))
        words = text.split()
        whole_words = all(face.getlength(word) <= room for word in words)
        lines = _wrap(words, face.getlength, room)
        if whole_words and len(lines) <= MAX_LINES:
            return face, _balanced(words, face.getlength, room, len(lines))
        if size <= smallest:
            break
        size = max(smallest, size * _SIZE_STEP)
    pieces = [piece for word in words for piece in _split(word, face.getlength, room)]
    lines = _wrap(pieces, face.getlength, room)
    return face, _cut(lines, face.getlength, room)


def _wrap(words: list[str], measure: Measure, room: float) -> list[str]:
    """Fill lines with words; a word that is wider than a line stands alone."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _balanced(words: list[str], measure: Measure, room: float, count: int) -> list[str]:
    """Return `count` lines as even as can be: wrapped to the least width that needs no more lines."""
    low, high = 0.0, room
    while high - low > 1:
        middle = (low + high) / 2
        narrow = _wrap(words, measure, middle)
        if len(narrow) <= count and all(measure(line) <= middle for line in narrow):
            high = middle
        else:
            low = middle
    return _wrap(words, measure, high)


def _split(word: str, measure: Measure, room: float) -> list[str]:
    """Cut a word that is wider than a line (or a language without spaces), never before a combining mark."""
    pieces = [""]
    for character in word:
        if pieces[-1] and measure(pieces[-1] + character) > room and unicodedata.category(character)[0] != "M":
            pieces.append("")
        pieces[-1] += character
    return pieces


def _cut(lines: list[str], measure: Measure, room: float) -> list[str]:
    if len(lines) <= MAX_LINES:
        return lines
    last = lines[MAX_LINES - 1]
    while last and measure(last + _ELLIPSIS) > room:
        last = last[:-1].rstrip(" ,;:.-")
    return [*lines[: MAX_LINES - 1], last + _ELLIPSIS]


def _draw_title(poster: Image.Image, lines: list[str], face: ImageFont.FreeTypeFont) -> None:
    step = face.size * _LINE_HEIGHT
    top = poster.height * _BLOCK_BOTTOM - step * len(lines)
    shadow = Image.new("L", poster.size)
    for canvas, ink, drop in ((shadow, 170, face.size * 0.04), (poster, (255, 255, 255), 0.0)):
        draw = ImageDraw.Draw(canvas)
        for number, line in enumerate(lines):
            middle = (poster.width / 2, top + drop + step * (number + 0.5))
            draw.text(middle, line, fill=ink, font=face, anchor="mm")
        if canvas is shadow:
            poster.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(face.size * 0.08)))


def _scrim(width: int, height: int) -> Image.Image:
    """Return how dark each row gets: nothing at the top, most at the foot, eased so that no edge is seen."""
    position = np.clip((np.linspace(0, 1, height) - _SCRIM_STARTS) / (_BLOCK_BOTTOM - _SCRIM_STARTS), 0, 1)
    rows = position * position * (3 - 2 * position) * _SCRIM_DARKEST * 255
    return Image.fromarray(np.repeat(rows.astype(np.uint8)[:, None], width, axis=1))


# --- fonts -------------------------------------------------------------------------------------------------------


@cache
def _characters(font: Path) -> frozenset[int]:
    with TTFont(font, lazy=True) as file:
        return frozenset(file.getBestCmap())


def _font_for(title: str, font: Path) -> Path:
    """Return the font itself, or the one beside it that draws more of the title's letters."""
    letters = {ord(character) for character in title if character.isalnum()}
    beside = sorted(path for path in font.parent.glob("*.[ot]tf") if path != font)
    return max([font, *beside], key=lambda path: len(letters & _characters(path)))


def _drawable(title: str, font: Path) -> str:
    """Return the title in one line without the symbols that the font lacks; a letter it lacks stays, as a box."""
    known = _characters(font)
    kept = (
        character
        for character in unicodedata.normalize("NFC", title)
        if ord(character) in known or character.isalnum() or character.isspace()
    )
    return " ".join("".join(kept).split())
