"""Where the colour pictures of emoji go: over the room that the text leaves for them."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from engines.clusters import clusters
from engines.emoji import CELL_EM
from engines.subtitles import animations
from engines.subtitles.fonts import FontStack
from engines.subtitles.lines import Line, Look, lines_of
from engines.subtitles.spans import LineSpans, Piece
from models.captions import CaptionPicture, Page


class Spot(NamedTuple):
    """An emoji, the middle of its room, and how and when it shows."""

    cluster: str
    x_px: float
    y_px: float
    size_px: int
    start_ms: int
    end_ms: int
    fade_in_ms: int = 0
    fade_out_ms: int = 0
    opacity: float = 1.0


class Cell(NamedTuple):
    """A pictured emoji of a line: its word, and its middle and width in em from the line's left end."""

    cluster: str
    word: int
    middle_em: float
    width_em: float

    def size_px(self, em_px: float) -> int:
        """Return the height of its picture."""
        return max(2, round(min(CELL_EM, self.width_em) * em_px))


def cells(spans: LineSpans, fonts: FontStack) -> Iterator[Cell]:
    """Yield the emoji of a line for which there are pictures, from left to right."""
    for piece in spans.pieces:
        if piece.face.is_emoji:
            yield from _cells_of(piece, fonts)


def write_pictures(pages: Sequence[Page], look: Look, *, folder: Path) -> tuple[CaptionPicture, ...]:
    """Write a PNG for each kind and size of emoji of a scene to `folder`, and return where and when each is shown."""
    spots = (spot for lines in lines_of(pages, look) for line in lines for spot in _spots(line, look))
    return write_spots(spots, look.fonts, folder=folder)


def write_spots(spots: Iterable[Spot], fonts: FontStack, *, folder: Path) -> tuple[CaptionPicture, ...]:
    """Write a PNG for each kind, size and opacity of emoji to `folder`, and return where and when each is shown."""
    return tuple(_written(spot, fonts, folder) for spot in spots)


def _written(spot: Spot, fonts: FontStack, folder: Path) -> CaptionPicture:
    assert fonts.emoji is not None
    points = "-".join(f"{ord(char):x}" for char in spot.cluster)
    path = folder / f"{points}-{spot.size_px}-{round(100 * spot.opacity)}.png"
    picture = fonts.emoji.picture(spot.cluster, height_px=spot.size_px)
    if not path.exists():
        _faded(picture, spot.opacity).save(path)
    return CaptionPicture(
        path=path,
        x_px=_even(spot.x_px - picture.width / 2),
        y_px=_even(spot.y_px - picture.height / 2),
        start_ms=spot.start_ms,
        end_ms=spot.end_ms,
        fade_in_ms=spot.fade_in_ms,
        fade_out_ms=spot.fade_out_ms,
    )


def _spots(line: Line, look: Look) -> Iterator[Spot]:
    middle_px = line.placed.baseline_px - look.fonts.primary.cap_height * line.em_px / 2
    for cell in cells(line.spans, look.fonts):
        start_ms = line.page.start_ms
        if animations.waits_for_speech(look.style.animation):
            start_ms = max(start_ms, line.words[cell.word].start_ms)
        if line.page.end_ms > start_ms:
            yield Spot(
                cell.cluster,
                line.x_px(cell.middle_em, look.style),
                middle_px,
                cell.size_px(line.em_px),
                start_ms,
                line.page.end_ms,
                fade_in_ms=animations.fades_in_ms(look.style.animation),
            )


def _cells_of(piece: Piece, fonts: FontStack) -> Iterator[Cell]:
    at_em = piece.left_em
    written = clusters(piece.text)
    for cluster in reversed(written) if piece.leftwards else written:
        width_em = fonts.ink(cluster).width_px
        if fonts.pictures(cluster):
            yield Cell(cluster, piece.word, at_em + width_em / 2, width_em)
        at_em += width_em


def _faded(picture: Image.Image, opacity: float) -> Image.Image:
    if opacity < 1:
        picture.putalpha(picture.getchannel("A").point([round(value * opacity) for value in range(256)]))
    return picture


def _even(value_px: float) -> int:
    return 2 * round(value_px / 2)
