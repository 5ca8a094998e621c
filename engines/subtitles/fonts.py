"""Fonts: which file draws which character, how wide the result is, and what size libass must be told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from fontTools import unicodedata
from PIL import ImageFont

from engines.clusters import PICTURE_SELECTOR, clusters, is_emoji, stretches
from engines.emoji import EmojiPictures, open_emoji
from engines.errors import FontUnknown, GlyphsMissing
from engines.shaping import can_shape, require_shaping
from engines.subtitles.faces import Face, load_faces, soundness_told

MEASURE_EM_PX = 512  # large, so that hinting and rounding do not show in the widths


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
        """Return `text` without the emoji that no face draws.

        Raises GlyphsMissing for any other such character, and ShaperMissing.
        """
        kept, missing = "", ""
        for cluster in clusters(text):
            drawn = cluster if self._face_of(cluster) else "".join(char for char in cluster if not is_emoji(char))
            if drawn.strip("\u200d") and self._face_of(drawn) is None:
                missing += drawn
            kept += drawn if drawn.strip("\u200d") else ""
        if missing:
            raise GlyphsMissing(scripts=_scripts(missing), characters="".join(dict.fromkeys(missing)))
        require_shaping(kept)
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


@lru_cache(maxsize=64)
def _measuring_font(path: Path) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if can_shape() else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size=MEASURE_EM_PX, layout_engine=engine)


def _run_ink(run: Run) -> Ink:
    with soundness_told(run.face.path):
        font = _measuring_font(run.face.path)
        _, top, _, bottom = font.getbbox(run.text, anchor="ls")
        length_px = font.getlength(run.text)
    return Ink(
        width_px=length_px / MEASURE_EM_PX,
        above_px=max(0.0, -top) / MEASURE_EM_PX,
        below_px=max(0.0, bottom) / MEASURE_EM_PX,
    )
