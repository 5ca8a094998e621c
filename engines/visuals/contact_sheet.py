"""A contact sheet: frames of every scene in one picture."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

LONGEST_PX = 320  # of a frame on the sheet
_GAP_PX, _LABEL_PX, _TEXT_PX = 12, 30, 20
_RATIO = 16 / 10  # of the whole sheet
_PAPER, _INK = (24, 24, 27), (228, 228, 231)


class Strip(NamedTuple):
    """The frames of one scene, which lie side by side, and what stands above them."""

    label: str
    frames: Sequence[Path]


def make_contact_sheet(strips: Sequence[Strip], *, font: Path, output: Path) -> None:
    """Write a PNG of all strips, row by row. Each has as many frames of one size as the others."""
    with Image.open(strips[0].frames[0]) as first:
        scale = LONGEST_PX / max(first.size)
        size = (round(first.width * scale), round(first.height * scale))
    strip_px = (len(strips[0].frames) * (size[0] + 2) - 2, _LABEL_PX + size[1])
    columns = _columns(len(strips), strip_px)
    rows = -(-len(strips) // columns)
    sheet = Image.new(
        "RGB", (_GAP_PX + columns * (strip_px[0] + _GAP_PX), _GAP_PX + rows * (strip_px[1] + _GAP_PX)), _PAPER
    )
    draw, face = ImageDraw.Draw(sheet), ImageFont.truetype(str(font), _TEXT_PX)
    for number, strip in enumerate(strips):
        row, column = divmod(number, columns)
        left, top = _GAP_PX + column * (strip_px[0] + _GAP_PX), _GAP_PX + row * (strip_px[1] + _GAP_PX)
        draw.text((left, top + _LABEL_PX // 2), strip.label, fill=_INK, font=face, anchor="lm")
        for place, path in enumerate(strip.frames):
            with Image.open(path) as frame:
                small = frame.resize(size, Image.Resampling.LANCZOS)
            sheet.paste(small, (left + place * (size[0] + 2), top + _LABEL_PX))
    sheet.save(output, "PNG", optimize=True)


def _columns(count: int, strip_px: tuple[int, int]) -> int:
    """Return how many strips stand in a row, so that the sheet is about as wide as a screen."""
    return max(1, min(count, round(math.sqrt(count * _RATIO * strip_px[1] / strip_px[0]))))
