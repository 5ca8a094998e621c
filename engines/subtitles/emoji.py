"""Colour emoji: pictures out of an archive, laid over the room that their one-coloured glyphs take up in the text."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from PIL import Image

_TONES = range(0x1F3FB, 0x1F400)
_SELECTORS = (0xFE0E, 0xFE0F)
_TEXT_SELECTOR = "\ufe0e"  # asks for a plain sign, without colour


class EmojiPictures:
    """The pictures in an archive, named by their code points in either order, such as 1f468-200d-1f33e.webp."""

    def __init__(self, archive: Path) -> None:
        """Read the archive's table of contents."""
        self._archive = archive
        with zipfile.ZipFile(archive) as opened:
            self._names = frozenset(name.partition(".")[0] for name in opened.namelist())

    def has(self, cluster: str) -> bool:
        """Tell whether there is a picture for an emoji, at least one without its skin tone."""
        return _TEXT_SELECTOR not in cluster and any(name in self._names for name in _names(cluster))

    def picture(self, cluster: str, *, height_px: int) -> Image.Image:
        """Return the picture of an emoji that `has` tells of, as RGBA."""
        name = next(name for name in _names(cluster) if name in self._names)
        with zipfile.ZipFile(self._archive) as opened, Image.open(io.BytesIO(opened.read(f"{name}.webp"))) as image:
            width_px = max(1, round(image.width * height_px / image.height))
            colored: Image.Image = image.convert("RGBA")
            return colored.resize((width_px, height_px), Image.Resampling.LANCZOS)


@cache
def open_emoji(archive: Path) -> EmojiPictures:
    """Return the pictures of an archive, opened once."""
    return EmojiPictures(archive)


def _names(cluster: str) -> Iterator[str]:
    """Yield what a cluster's picture may be called: as it is, then without skin tones; each backwards, too."""
    points = [ord(char) for char in cluster if ord(char) not in _SELECTORS]
    for spelling in (points, [point for point in points if point not in _TONES]):
        yield _name(spelling)
        yield _name(spelling[::-1])


def _name(points: Sequence[int]) -> str:
    return "-".join(f"{point:x}" for point in points)
