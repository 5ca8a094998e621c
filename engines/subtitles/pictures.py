"""Where the colour pictures of a scene's emoji go: over the room that the text leaves for them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from engines.subtitles import animations
from engines.subtitles.fonts import FontStack
from engines.subtitles.lines import Line, Look, lines_of
from engines.subtitles.spans import Piece
from engines.subtitles.text import clusters
from models.captions import CaptionPicture, Page

CELL_EM = 1.12  # height of a picture


class _Spot(NamedTuple):
    """An emoji, the middle of its room, and when it shows."""

    cluster: str
    x_px: float
    y_px: float
    size_px: int
    start_ms: int
    end_ms: int


def write_pictures(pages: Sequence[Page], look: Look, *, folder: Path) -> tuple[CaptionPicture, ...]:
    """Write a PNG for each kind and size of emoji of a scene to `folder`, and return where and when each is shown."""
    if look.emoji is None:
        return ()
    placed = []
    for spot in (spot for lines in lines_of(pages, look) for line in lines for spot in _spots(line, look)):
        path = folder / f"{'-'.join(f'{ord(char):x}' for char in spot.cluster)}-{spot.size_px}.png"
        picture = look.emoji.picture(spot.cluster, height_px=spot.size_px)
        if not path.exists():
            picture.save(path)
        placed.append(
            CaptionPicture(
                path=path,
                x_px=_even(spot.x_px - picture.width / 2),
                y_px=_even(spot.y_px - picture.height / 2),
                start_ms=spot.start_ms,
                end_ms=spot.end_ms,
            )
        )
    return tuple(placed)


def _spots(line: Line, look: Look) -> Iterator[_Spot]:
    height_px = look.fonts.primary.cap_height * line.em_px
    for piece in line.spans.pieces:
        if not piece.face.is_emoji:
            continue
        start_ms = line.page.start_ms
        if animations.waits_for_speech(look.style.animation):
            start_ms = max(start_ms, line.words[piece.word].start_ms)
        for cluster, middle_em, width_em in _cells(piece, look.fonts):
            size_px = max(2, round(min(CELL_EM, width_em) * line.em_px))
            middle = line.x_px(middle_em, look.style), line.placed.baseline_px - height_px / 2
            if look.emoji and look.emoji.has(cluster) and line.page.end_ms > start_ms:
                yield _Spot(cluster, *middle, size_px, start_ms, line.page.end_ms)


def _cells(piece: Piece, fonts: FontStack) -> Iterator[tuple[str, float, float]]:
    """Yield (emoji, middle, width) of each emoji of a piece, in em from the line's left end."""
    at_em = piece.left_em
    for cluster in clusters(piece.text):
        width_em = fonts.ink(cluster).width_px
        yield cluster, at_em + width_em / 2, width_em
        at_em += width_em


def _even(value_px: float) -> int:
    return 2 * round(value_px / 2)
