"""Colour emoji: pictures out of an archive, laid over the room that their one-coloured glyphs take up in the text."""

import io
import zipfile
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path

from PIL import Image

CELL_EM = 1.12  # height of a picture in a line of text
_TONES = range(0x1F3FB, 0x1F400)
_SELECTORS = (0xFE0E, 0xFE0F)
_TEXT_SELECTOR = "\ufe0e"  # asks for a plain sign, without colour


class EmojiPictures:
    """The pictures in an archive; a file is named by the code points of all that it shows, "_" between them."""

    def __init__(self, archive: Path) -> None:
        """Remember the archive, which is opened for the first emoji and stays open: its table of contents is long."""
        self._path = archive

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self._path)

    @cached_property
    def _files(self) -> dict[str, str]:
        return {name: file for file in self._archive.namelist() for name in file.partition(".")[0].split("_")}

    def has(self, cluster: str) -> bool:
        """Tell whether there is a picture for an emoji, at least one without its skin tone."""
        return _TEXT_SELECTOR not in cluster and any(name in self._files for name in _names(cluster))

    def picture(self, cluster: str, *, height_px: int) -> Image.Image:
        """Return the picture of an emoji that `has` tells of, as RGBA."""
        file = next(self._files[name] for name in _names(cluster) if name in self._files)
        with Image.open(io.BytesIO(self._archive.read(file))) as image:
            width_px = max(1, round(image.width * height_px / image.height))
            colored: Image.Image = image.convert("RGBA")
            return colored.resize((width_px, height_px), Image.Resampling.LANCZOS)


@cache
def open_emoji(archive: Path) -> EmojiPictures:
    """Return the pictures of an archive, opened once."""
    return EmojiPictures(archive)


def _names(cluster: str) -> Iterator[str]:
    """Yield what a cluster's picture may be called: as it is, then without skin tones."""
    points = [ord(char) for char in cluster if ord(char) not in _SELECTORS]
    for spelling in (points, [point for point in points if point not in _TONES]):
        yield "-".join(f"{point:x}" for point in spelling)
