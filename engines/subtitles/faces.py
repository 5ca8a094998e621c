"""Font files: what each is called, which characters it has, and how tall it is."""

import struct
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError

from engines.clusters import is_invisible
from engines.errors import FontUnreadable

FONT_SUFFIXES = (".ttf", ".otf")
# What fontTools and FreeType let through when bytes are not what they should be.
_BROKEN = (
    TTLibError,
    OSError,
    ValueError,
    LookupError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    TypeError,
    NotImplementedError,
    struct.error,
)


@dataclass(frozen=True)
class Face:
    """One font file. Metrics are fractions of the em."""

    path: Path
    full_name: str
    ass_name: str  # by which libass finds it
    families: frozenset[str]
    weight: int
    ascent: float
    descent: float
    cap_height: float

    @cached_property
    def coverage(self) -> frozenset[int]:
        """The characters it has, read when first asked for: most texts never get as far as the fallbacks."""
        with _opened(self.path) as font:
            return frozenset(font.getBestCmap() or ())

    @property
    def is_emoji(self) -> bool:
        """Whether it draws emoji and no letters."""
        return ord("a") not in self.coverage and 0x1F600 in self.coverage

    def folder(self, fonts_dirs: Sequence[Path]) -> int:
        """Return in which of the folders it is."""
        return fonts_dirs.index(self.path.parent)

    def ass_size(self, em_px: float) -> float:
        """Return the ASS Fontsize that gives this em: libass scales ascent plus descent, not the em, to it."""
        return em_px * (self.ascent + self.descent)

    def draws(self, text: str) -> bool:
        """Tell whether the font has a glyph for every visible character of `text`."""
        return all(ord(char) in self.coverage or is_invisible(char) for char in text)


def load_faces(fonts_dirs: Sequence[Path]) -> tuple[Face, ...]:
    """Return every font file of the folders, by name; of two faces of one name, that of the earlier folder."""
    faces: dict[str, Face] = {}
    for folder in fonts_dirs:
        for path in font_files(folder):
            status = path.stat()
            face = _read_face(path, (status.st_mtime_ns, status.st_size))
            faces.setdefault(face.full_name, face)
    return tuple(faces.values())


def font_files(folder: Path) -> list[Path]:
    """Return the font files of a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in FONT_SUFFIXES)


@lru_cache(maxsize=256)
def _read_face(path: Path, version: tuple[int, int]) -> Face:
    """Return the face in a file; `version` is what changes when the file does."""
    with _opened(path) as font:
        names, em = font["name"], font["head"].unitsPerEm
        os2, hhea = font["OS/2"], font["hhea"]
        windows = (os2.usWinAscent, os2.usWinDescent)
        ascent, descent = windows if sum(windows) else (hhea.ascent, -hhea.descent)
        full_name = names.getDebugName(4) or path.stem
        families = {names.getDebugName(name_id) for name_id in (1, 4, 16)}
        ass_name = (names.getDebugName(6) or full_name) if "CFF " in font else full_name
        if not ass_name.isprintable() or set(ass_name) & set(",{}\\"):
            raise ValueError(f"its name, {ass_name!r}, would be taken for more than a name")
        return Face(
            path=path,
            full_name=full_name,
            ass_name=ass_name,
            families=frozenset(name.casefold() for name in families if name),
            weight=os2.usWeightClass,
            ascent=ascent / em,
            descent=descent / em,
            cap_height=(getattr(os2, "sCapHeight", 0) or 0.7 * em) / em,
        )


@contextmanager
def _opened(path: Path) -> Generator[TTFont]:
    """Open a font file; what is missing or broken in it raises FontUnreadable."""
    with soundness_told(path), TTFont(path, lazy=True) as font:
        size = path.stat().st_size
        if any(entry.offset + entry.length > size for entry in font.reader.tables.values()):
            # Reading it would ask for as much memory as it claims, gigabytes.
            raise TTLibError("a table of it reaches beyond its end")
        yield font


@contextmanager
def soundness_told(path: Path) -> Generator[None]:
    """Give what a broken font file makes the libraries raise in the block its name: raises FontUnreadable."""
    try:
        yield
    except _BROKEN as error:
        raise FontUnreadable(font=path.name, reason=str(error) or type(error).__name__) from error
