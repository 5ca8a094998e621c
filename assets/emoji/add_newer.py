"""Add to the archive the emoji that are newer than its font, from a set of SVG pictures of the same make.

    npm pack @iconify-json/noto; tar xzf iconify-json-noto-*.tgz
    pip install resvg-py
    python assets/emoji/add_newer.py package assets/emoji/noto-color-emoji.zip

What is there already stays as it is.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

import resvg_py
from pack_emoji import DARK_SIGNS, DATE, webp_of
from PIL import Image

_FIRST_PICTOGRAPH, _LAST_PICTOGRAPH = 0x1F000, 0x1FAFF
_SELECTORS = (0xFE0E, 0xFE0F)
_WIDTH_PX, _HEIGHT_PX = 136, 128  # of the font's pictures


def newer(icons: Path, known: set[str]) -> dict[str, str]:
    """Return the SVG of each emoji, by its code points, that the archive does not have."""
    chars = json.loads((icons / "chars.json").read_text())
    bodies = json.loads((icons / "icons.json").read_text())["icons"]
    found = {}
    for spelling, icon in chars.items():
        points = [point for point in (int(part, 16) for part in spelling.split("-")) if point not in _SELECTORS]
        name = "-".join(f"{point:x}" for point in points)
        is_pictograph = _FIRST_PICTOGRAPH <= points[0] <= _LAST_PICTOGRAPH and points[0] not in DARK_SIGNS
        if is_pictograph and name not in known and icon in bodies:
            found[name] = bodies[icon]["body"]
    return found


def add(icons: Path, archive: Path) -> None:
    """Write the archive anew, with the newer pictures among the others."""
    with zipfile.ZipFile(archive) as old:
        pictures = {file.filename: old.read(file) for file in old.infolist()}
    known = {name for file in pictures for name in file.partition(".")[0].split("_")}
    pictures |= {f"{name}.webp": _drawn(body) for name, body in newer(icons, known).items()}
    written = archive.with_suffix(".new")
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as new:
        for name, content in sorted(pictures.items()):
            new.writestr(zipfile.ZipInfo(name, DATE), content)
    written.replace(archive)


def _drawn(body: str) -> bytes:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">{body}</svg>'
    drawn = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=_HEIGHT_PX, height=_HEIGHT_PX))))
    cell = Image.new("RGBA", (_WIDTH_PX, _HEIGHT_PX))
    cell.paste(drawn, ((_WIDTH_PX - _HEIGHT_PX) // 2, 0))
    png = io.BytesIO()
    cell.save(png, "PNG")
    return webp_of(png.getvalue())


if __name__ == "__main__":
    add(Path(sys.argv[1]), Path(sys.argv[2]))
