"""Pack the pictures of the Noto Color Emoji font as WebP files, named by their code points, such as 1f44d-1f3fb.webp.

    python assets/emoji/pack_emoji.py NotoColorEmoji.ttf assets/emoji/noto-color-emoji.zip

A picture that stands for several emoji (France's flag is also Saint Martin's) has all their names, joined by "_". Some
of those are spelled backwards, for right-to-left text. Flags of states and provinces are left out, since no platform
shows them, and signs that the font draws thin and dark: in the text's own colour and outline they are read anywhere.
"""

import io
import sys
import zipfile
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import Image

_SELECTORS = (0xFE0E, 0xFE0F)
_PRIVATE = range(0xFE000, 0xFFFFE)
_LAST_ASCII, _TAG_END = 0x7F, 0xE007F
DARK_SIGNS = frozenset(map(ord, "©®™✖➕➖➗🟰🎵🎶🎼"))
_COUNTRIES = ("gbeng", "gbsct", "gbwls")  # the only parts of countries with flags that are agreed on
_QUALITY, _ALPHA_QUALITY = 45, 50
DATE = (2026, 1, 1, 0, 0, 0)
Spelling = tuple[int, ...]


def spellings(font: TTFont) -> dict[str, set[Spelling]]:
    """Return all spellings, in code points, of every glyph that one character or a ligature leads to."""
    points: dict[str, list[int]] = {}
    found: dict[str, set[Spelling]] = {}
    for point, glyph in font.getBestCmap().items():
        points.setdefault(glyph, []).append(point)
        found.setdefault(glyph, set()).add((point,))
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for subtable in lookup.SubTable:
            ligatures = getattr(getattr(subtable, "ExtSubTable", subtable), "ligatures", {})
            for first, endings in ligatures.items():
                for ending in endings:
                    names = (first, *ending.Component)
                    if all(name in points for name in names):
                        found.setdefault(ending.LigGlyph, set()).add(tuple(points[name][0] for name in names))
    return {glyph: {spelling for spelling in all_of_it if _is_wanted(spelling)} for glyph, all_of_it in found.items()}


def pack(source: Path, output: Path) -> None:
    """Write the archive."""
    font = TTFont(source)
    strike = font["CBDT"].strikeData[0]
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for glyph, meant in sorted(spellings(font).items(), key=lambda item: sorted(item[1])):
            if meant and glyph in strike:
                name = "_".join(sorted({_name(spelling) for spelling in meant}))
                archive.writestr(zipfile.ZipInfo(f"{name}.webp", DATE), webp_of(strike[glyph].imageData))


def _is_wanted(spelling: Spelling) -> bool:
    if _TAG_END in spelling:
        return "".join(chr(point - 0xE0000) for point in spelling[1:-1]) in _COUNTRIES
    if len(spelling) == 1 and (spelling[0] <= _LAST_ASCII or spelling[0] in DARK_SIGNS):
        return False
    return spelling[0] not in _PRIVATE and spelling[0] != 0x200D


def _name(spelling: Spelling) -> str:
    return "-".join(f"{point:x}" for point in spelling if point not in _SELECTORS)


def webp_of(png: bytes) -> bytes:
    """Return a PNG as the archive keeps it."""
    target = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    image.save(target, "WEBP", quality=_QUALITY, alpha_quality=_ALPHA_QUALITY, method=6)
    return target.getvalue()


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
