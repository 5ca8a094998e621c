"""Fonts: which file draws which character, how wide the result is, and what size libass must be told."""

import struct
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from fontTools import unicodedata
from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageFont, features

from engines.clusters import PICTURE_SELECTOR, clusters, is_emoji, is_invisible, stretches
from engines.emoji import EmojiPictures, open_emoji
from engines.errors import FontUnknown, FontUnreadable, GlyphsMissing

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
MEASURE_EM_PX = 512  # large, so that hinting and rounding do not show in the widths


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


@dataclass(frozen=True)
class Run:
    """A piece of text in one font."""

    face: Face
    text: str


@dataclass(frozen=True)
class Ink:
    """What text covers, in px: its advance width, and how far it reaches above and below the baseline."""

    width_px: float
    above_px: float
    below_px: float


class FontStack:
    """A chosen face and, behind it, every other face as a fallback; with pictures, emoji are coloured."""

    def __init__(self, primary: Face, fallbacks: Iterable[Face], emoji: EmojiPictures | None = None) -> None:
        self.primary, self.emoji = primary, emoji
        self._fallbacks = tuple(fallbacks)
        self._ink: dict[str, Ink] = {}

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """Every face in the order in which they are asked; those of emoji come last."""
        return (self.primary, *sorted(self._fallbacks, key=lambda face: face.is_emoji))

    def drawable(self, text: str) -> str:
        """Return `text` without the emoji that no face draws. Raises GlyphsMissing for any other such character."""
        kept, missing = "", ""
        for cluster in clusters(text):
            drawn = cluster if self._face_of(cluster) else "".join(char for char in cluster if not is_emoji(char))
            if drawn.strip("\u200d") and self._face_of(drawn) is None:
                missing += drawn
            kept += drawn if drawn.strip("\u200d") else ""
        if missing:
            raise GlyphsMissing(scripts=_scripts(missing), characters="".join(dict.fromkeys(missing)))
        return " ".join(kept.split())

    def runs(self, text: str) -> tuple[Run, ...]:
        """Split drawable `text` into runs of one face each; spaces are the primary face's.

        Letters that follow each other are one face's if there is one that has them all.
        """
        runs: list[Run] = []
        for stretch in stretches(text):
            face = self.primary if stretch == " " else self._face_of(stretch)
            for part in (stretch,) if face else clusters(stretch):
                drawn_by = face or self._face_of(part) or self.primary
                if runs and runs[-1].face is drawn_by:
                    runs[-1] = Run(face=drawn_by, text=runs[-1].text + part)
                else:
                    runs.append(Run(face=drawn_by, text=part))
        return tuple(runs)

    def ink(self, text: str) -> Ink:
        """Return what drawable `text` covers at an em of 1 px."""
        if text not in self._ink:
            inks = [_run_ink(run) for run in self.runs(text)]
            self._ink[text] = Ink(
                width_px=sum(ink.width_px for ink in inks),
                above_px=max((ink.above_px for ink in inks), default=0.0),
                below_px=max((ink.below_px for ink in inks), default=0.0),
            )
        return self._ink[text]

    def pictures(self, cluster: str) -> bool:
        """Tell whether a colour picture is laid over the room of an emoji."""
        return self.emoji is not None and self.emoji.has(cluster)

    def _face_of(self, cluster: str) -> Face | None:
        if PICTURE_SELECTOR in cluster and not cluster[0].isascii():
            by_emoji = sorted(self.faces, key=lambda face: not face.is_emoji)
            return next((face for face in by_emoji if face.draws(cluster)), None)
        if self.primary.draws(cluster):
            return self.primary
        return next((face for face in self.faces if face.draws(cluster)), None)


def load_faces(fonts_dirs: Sequence[Path]) -> tuple[Face, ...]:
    """Return every font file of the folders, by name; of two faces of one name, that of the earlier folder."""
    faces: dict[str, Face] = {}
    for folder in fonts_dirs:
        for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in FONT_SUFFIXES):
            status = path.stat()
            face = _read_face(path, (status.st_mtime_ns, status.st_size))
            faces.setdefault(face.full_name, face)
    return tuple(faces.values())


def find_fonts(
    family: str,
    *,
    weight: int,
    fonts_dirs: Sequence[Path],
    emoji: Path | None = None,
    field: str = "captions.font",
) -> FontStack:
    """Return the face of a family (or full) name nearest to `weight`; behind it all others, folder by folder.

    `emoji` is an archive of colour pictures. Raises FontUnknown, which names the `field` that the family comes from.
    """
    faces = load_faces(fonts_dirs)
    named = [face for face in faces if family.casefold() in face.families]
    if not named:
        known = ", ".join(face.full_name for face in faces) or "a folder with fonts (there are none)"
        raise FontUnknown(field=field, font=family, known=known)
    primary = min(named, key=lambda face: (abs(face.weight - weight), face.full_name))
    others = sorted(
        (face for face in faces if face is not primary),
        key=lambda face: (face.folder(fonts_dirs), abs(face.weight - weight), face.full_name),
    )
    return FontStack(primary, others, open_emoji(emoji) if emoji else None)


def _scripts(text: str) -> str:
    """Return the names of the writing systems of `text`, such as "Ethiopic", in words."""
    names = {unicodedata.script_name(unicodedata.script(char)) for char in text}
    special = {"Common", "Inherited", "Unknown"}
    return " and ".join(sorted(names - special)) or "these characters"


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
    with _soundness_told(path), TTFont(path, lazy=True) as font:
        yield font


@contextmanager
def _soundness_told(path: Path) -> Generator[None]:
    try:
        yield
    except _BROKEN as error:
        raise FontUnreadable(font=path.name, reason=str(error) or type(error).__name__) from error


@lru_cache(maxsize=64)
def _measuring_font(path: Path) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size=MEASURE_EM_PX, layout_engine=engine)


def _run_ink(run: Run) -> Ink:
    with _soundness_told(run.face.path):
        font = _measuring_font(run.face.path)
        _, top, _, bottom = font.getbbox(run.text, anchor="ls")
        length_px = font.getlength(run.text)
    return Ink(
        width_px=length_px / MEASURE_EM_PX,
        above_px=max(0.0, -top) / MEASURE_EM_PX,
        below_px=max(0.0, bottom) / MEASURE_EM_PX,
    )
