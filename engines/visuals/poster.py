"""The poster frame: one picture of the short with its title, as a feed shows it before it plays."""

import io
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from engines.clusters import clusters
from engines.contrast import ink_for
from engines.line_breaking import Lines, Measure, break_lines, largest_fit
from engines.visuals.color import Pixels, hex_to_rgb
from engines.visuals.lettering import Ink, Lettering, Letters
from engines.visuals.reframing import crop_place
from engines.visuals.saliency import saliency
from engines.writing_order import is_rtl
from models.graphics import Look, PosterLayout

JPEG_QUALITY = 90
THUMBNAIL_QUALITY = 70
MAX_LINES = 4
_TEXT_WIDTH = 0.84  # of the poster's width; feeds cover the rest with their own marks
_BLOCK_BOTTOM = 0.80  # of the poster's height; what feeds cut off a tall poster for a grid lies below
_LARGEST, _SMALLEST = 0.125, 0.052  # of the shorter side
_LINE_HEIGHT = 1.14
_SCRIM_STARTS, _SCRIM_DARKEST = 0.30, 0.78
_BAND_HEIGHT = 0.40  # of the poster's height
_BAND_PADDING, _RULE_HEIGHT = 0.045, 0.014  # of the shorter side
_BAND_TEXT_SHARE = 0.86  # of a band whose foot lies too high for _BLOCK_BOTTOM
_SALIENCY_SIDE_PX = 200  # of the copy in which a subject is looked for
_ELLIPSIS = "…"
_WORTH_WHOLE_WORDS = 0.8  # of a cut title, which ends with a whole word where so much is left
Side = Literal["left", "center", "right"]


class Room(NamedTuple):
    """What a title may take up, and how large its letters may be, in px."""

    width_px: float
    height_px: float
    largest_px: float
    smallest_px: float


def make_poster(
    frame_rgb: Pixels,
    *,
    title: str,
    letters: Letters,
    output: Path,
    layout: PosterLayout = PosterLayout.FOOT,
    look: Look | None = None,
) -> None:
    """Write a JPEG of `frame_rgb`, uint8 of shape (height, width, 3), with the title on it.

    `foot` writes white on the darkened foot of the picture; `band` keeps the part of it with its subject, and writes on
    a band of the look's panel colour below that. The title stands in at most four lines of even length, as large as
    fits, and ends in an ellipsis where it does not fit at all. What the first font lacks the others draw; emoji are
    coloured, and symbols that nothing draws are left out. The same input gives the same bytes.
    """
    text = letters.drawable(title)
    poster = Image.fromarray(frame_rgb)
    if text and layout is PosterLayout.BAND:
        poster = _with_band(poster, text, letters, look or Look())
    elif text:
        poster = _with_foot(poster, text, letters, look or Look())
    poster.save(output, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True)


def thumbnail(poster: Path, *, longest_px: int) -> bytes:
    """Return a small JPEG of a poster, its longer side `longest_px`."""
    with Image.open(poster) as image:
        image.draft("RGB", (longest_px, longest_px))  # decodes at a fraction of the size
        image.thumbnail((longest_px, longest_px))
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG", quality=THUMBNAIL_QUALITY)
    return jpeg.getvalue()


def fit_title(text: str, *, letters: Letters, room: Room, language: str = "") -> tuple[Lettering, list[str]]:
    """Return the largest lettering in which the title fits, and its lines.

    A little smaller where that spares a lonely short line or a torn phrase. A word that is wider than its line is
    hyphenated as its language, a BCP 47 tag, does it, where all would be much smaller without. What does not fit at
    the smallest size is cut, and ends in an ellipsis.
    """

    def lines_at(size_px: float) -> Lines | None:
        face = Lettering(letters, size_px)
        return break_lines(
            text,
            measure=face.getlength,
            room_px=room.width_px,
            max_lines=min(MAX_LINES, int(room.height_px / (face.size_px * _LINE_HEIGHT))),
            language=language,
            cut_words=size_px <= room.smallest_px,
        )

    found = largest_fit(room.largest_px, room.smallest_px, lines_at)
    if found is not None:
        return Lettering(letters, found[0]), list(found[1].texts)
    face = Lettering(letters, room.smallest_px)
    return face, _cut(text, face.getlength, room.width_px)


def foot_room(width_px: int, height_px: int) -> Room:
    """Return the room for a title at the foot of a poster."""
    short_px = min(width_px, height_px)
    return Room(width_px * _TEXT_WIDTH, float(height_px), short_px * _LARGEST, short_px * _SMALLEST)


def _cut(text: str, measure: Measure, room_px: float) -> list[str]:
    """Return as much of a title as `MAX_LINES` hold, and an ellipsis."""
    kept = clusters(text)
    while True:
        kept = kept[: -max(1, len(kept) // 20)]
        shortened = "".join(kept)
        words = shortened.rpartition(" ")[0]
        shortened = words if len(words) > len(shortened) * _WORTH_WHOLE_WORDS else shortened
        shortened = shortened.rstrip(" ,;:.-") + _ELLIPSIS
        lines = break_lines(shortened, measure=measure, room_px=room_px, max_lines=MAX_LINES, cut_words=True)
        if lines:
            return list(lines.texts)


def _with_foot(picture: Image.Image, text: str, letters: Letters, look: Look) -> Image.Image:
    poster = Image.composite(Image.new("RGB", picture.size), picture, _scrim(*picture.size))
    face, lines = fit_title(text, letters=letters, room=foot_room(*picture.size), language=look.language)
    top_px = poster.height * _BLOCK_BOTTOM - face.size_px * _LINE_HEIGHT * len(lines)
    shadow = Image.new("L", poster.size)
    _write(shadow, lines, face, top_px=top_px + face.size_px * 0.04, ink=170)
    poster.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(face.size_px * 0.08)))
    _write(poster, lines, face, top_px=top_px, ink=(255, 255, 255))
    return poster


def _with_band(picture: Image.Image, text: str, letters: Letters, look: Look) -> Image.Image:
    """Return what is most salient of the picture above a band, on which the title begins at one side."""
    width_px, height_px = picture.size
    edge_px, short_px = round(height_px * (1 - _BAND_HEIGHT)), min(picture.size)
    poster = Image.new("RGB", picture.size, hex_to_rgb(look.panel_color))
    upper_px = _upper_edge_px(picture, edge_px)
    poster.paste(picture.crop((0, upper_px, width_px, upper_px + edge_px)), (0, 0))
    rule_px = max(2, round(short_px * _RULE_HEIGHT))
    accent = hex_to_rgb(look.accent_color)
    poster.paste(accent, (0, edge_px - rule_px // 2, width_px, edge_px - rule_px // 2 + rule_px))
    top_px = edge_px + short_px * _BAND_PADDING
    bottom_px = max(height_px * _BLOCK_BOTTOM, top_px + (height_px - top_px) * _BAND_TEXT_SHARE)
    room = Room(width_px * _TEXT_WIDTH, bottom_px - top_px, short_px * _LARGEST, short_px * _SMALLEST)
    face, lines = fit_title(text, letters=letters, room=room, language=look.language)
    spare_px = bottom_px - top_px - face.size_px * _LINE_HEIGHT * len(lines)
    side: Side = "right" if is_rtl([text]) else "left"
    _write(
        poster,
        lines,
        face,
        top_px=top_px + max(0.0, spare_px / 2),
        ink=hex_to_rgb(ink_for(look.panel_color, wanted=look.text_color)),
        side=side,
    )
    return poster


def _upper_edge_px(picture: Image.Image, kept_px: int) -> int:
    """Return where the part of a picture begins, `kept_px` high, that keeps its subject."""
    small = picture.copy()
    small.thumbnail((_SALIENCY_SIDE_PX, _SALIENCY_SIDE_PX))
    shapes = {"picture_shape": picture.width / picture.height, "window_shape": picture.width / kept_px}
    _, place = crop_place(saliency(np.asarray(small)), **shapes)
    return round(place * (picture.height - kept_px))


def _write(
    canvas: Image.Image,
    lines: list[str],
    face: Lettering,
    *,
    top_px: float,
    ink: Ink,
    side: Side = "center",
) -> None:
    step_px = face.size_px * _LINE_HEIGHT
    margin_px = canvas.width * (1 - _TEXT_WIDTH) / 2
    rtl = is_rtl(lines)
    for number, line in enumerate(lines):
        spare_px = canvas.width * _TEXT_WIDTH - face.getlength(line, rtl=rtl)
        left_px = margin_px + {"left": 0.0, "center": spare_px / 2, "right": spare_px}[side]
        baseline_px = top_px + step_px * (number + 0.5) + (face.ascent_px - face.descent_px) / 2
        face.draw(canvas, left_px, baseline_px, line, ink=ink, rtl=rtl)


def _scrim(width: int, height: int) -> Image.Image:
    """Return how dark each row gets: nothing at the top, most at the foot, eased so that no edge is seen."""
    position = np.clip((np.linspace(0, 1, height) - _SCRIM_STARTS) / (_BLOCK_BOTTOM - _SCRIM_STARTS), 0, 1)
    rows = position * position * (3 - 2 * position) * _SCRIM_DARKEST * 255
    return Image.fromarray(np.repeat(rows.astype(np.uint8)[:, None], width, axis=1))
