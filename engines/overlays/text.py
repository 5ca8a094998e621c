"""Text that fits its place: as large as there is room for, in lines of like length."""

from dataclasses import dataclass

from engines.errors import OverlayTooLong
from engines.line_breaking import Lines, Measure, break_lines, largest_fit
from engines.subtitles.fonts import FontStack
from engines.subtitles.text import plain_text
from engines.writing_order import is_rtl

_GAP_EM = 0.08  # least room between the ink of two lines


@dataclass(frozen=True)
class Sizes:
    """How large a block may be: its em from largest to smallest, its lines and what their boxes add. Lengths in px."""

    largest_px: float
    smallest_px: float
    max_lines: int
    line_height: float = 1.15
    padding_px: float = 0.0  # above and below each line


@dataclass(frozen=True)
class Block:
    """Lines of drawable text at one size. Lengths in px."""

    lines: tuple[str, ...]
    widths_px: tuple[float, ...]
    em_px: float
    pitch_px: float
    above_px: float
    below_px: float
    is_rtl: bool  # whether most of its letters are written from right to left

    @property
    def width_px(self) -> float:
        """Of the widest line."""
        return max(self.widths_px)

    @property
    def height_px(self) -> float:
        """From the first line's ink to the last one's."""
        return self.above_px + self.pitch_px * (len(self.lines) - 1) + self.below_px

    def baselines_px(self, top_px: float) -> tuple[float, ...]:
        """Return where the lines stand when the block's ink begins at `top_px`."""
        return tuple(top_px + self.above_px + self.pitch_px * number for number in range(len(self.lines)))


def drawable(text: str, fonts: FontStack) -> str:
    """Return plain text that the fonts draw, without emoji that none does. Raises GlyphsMissing."""
    return fonts.drawable(plain_text(text))


def fit_block(
    text: str, *, fonts: FontStack, room_px: tuple[float, float], sizes: Sizes, field: str, language: str = ""
) -> Block:
    """Return drawable text as a block of the largest size that fits `room_px` (width, height).

    A little smaller where that spares a lonely short line or a torn phrase. A word that is wider
    than its line is hyphenated as its language, a BCP 47 tag, does it, where all would be much smaller without; at the
    smallest size it is cut. Raises OverlayTooLong, which names `field`.
    """

    def lines_at(em_px: float) -> Lines | None:
        lines = break_lines(
            text,
            measure=_measure(fonts, em_px),
            room_px=room_px[0],
            max_lines=sizes.max_lines,
            language=language,
            cut_words=em_px <= sizes.smallest_px,
        )
        fits = lines and _block(lines.texts, fonts, em_px, sizes).height_px + 2 * sizes.padding_px <= room_px[1]
        return lines if fits else None

    found = largest_fit(sizes.largest_px, sizes.smallest_px, lines_at)
    if found is None:
        raise OverlayTooLong(field=field, text=text)
    em_px, lines = found
    return _block(lines.texts, fonts, em_px, sizes)


def _measure(fonts: FontStack, em_px: float) -> Measure:
    return lambda text: fonts.ink(text).width_px * em_px


def _block(lines: tuple[str, ...], fonts: FontStack, em_px: float, sizes: Sizes) -> Block:
    inks = [fonts.ink(line) for line in lines]
    above, below = max(ink.above_px for ink in inks), max(ink.below_px for ink in inks)
    # The lines of one block keep one pitch whatever their letters, so that "no" and "Ég" stand as far apart.
    usual = fonts.ink("Hg")
    above, below = max(above, usual.above_px), max(below, usual.below_px)
    return Block(
        lines=lines,
        widths_px=tuple(ink.width_px * em_px for ink in inks),
        em_px=em_px,
        pitch_px=max(sizes.line_height, above + below + _GAP_EM) * em_px + 2 * sizes.padding_px,
        above_px=above * em_px,
        below_px=below * em_px,
        is_rtl=is_rtl(lines),
    )
