"""Pack the pictures of the Noto Color Emoji font as WebP files, named by their code points, such as 1f44d.webp.

    python assets/emoji/pack_emoji.py NotoColorEmoji.ttf assets/emoji/noto-color-emoji.zip

Left out are the pictures of every skin tone: captions then show the emoji without one. The font spells many sequences
backwards, too, for right-to-left text: either spelling may name a picture.
"""

import io
import sys
import zipfile
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import Image

TONES = range(0x1F3FB, 0x1F400)
_SELECTORS = (0xFE0E, 0xFE0F)
_QUALITY, _ALPHA_QUALITY = 50, 60
_DATE = (2026, 1, 1, 0, 0, 0)


def sequences(font: TTFont) -> dict[str, tuple[int, ...]]:
    """Return a spelling, in code points, of every glyph that one character or one ligature leads to."""
    points = {glyph: point for point, glyph in font.getBestCmap().items()}
    found = {glyph: [(point,)] for glyph, point in points.items() if not 0xFE000 <= point <= 0xFFFFD}  # private aliases
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for subtable in lookup.SubTable:
            ligatures = getattr(getattr(subtable, "ExtSubTable", subtable), "ligatures", {})
            for first, endings in ligatures.items():
                for ending in endings:
                    names = (first, *ending.Component)
                    if all(name in points for name in names):
                        found.setdefault(ending.LigGlyph, []).append(tuple(points[name] for name in names))
    return {glyph: max(spellings) for glyph, spellings in found.items()}


def pack(source: Path, output: Path) -> None:
    """Write the archive."""
    font = TTFont(source)
    strike = font["CBDT"].strikeData[0]
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for glyph, points in sorted(sequences(font).items(), key=lambda item: item[1]):
            toned = len(points) > 1 and any(point in TONES for point in points)
            if glyph in strike and (points[0] > 0xFF or len(points) > 1) and not toned:
                name = "-".join(f"{point:x}" for point in points if point not in _SELECTORS)
                archive.writestr(zipfile.ZipInfo(f"{name}.webp", _DATE), _webp(strike[glyph].imageData))


def _webp(png: bytes) -> bytes:
    target = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    image.save(target, "WEBP", quality=_QUALITY, alpha_quality=_ALPHA_QUALITY, method=6)
    return target.getvalue()


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
