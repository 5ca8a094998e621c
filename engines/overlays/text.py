"""Text that fits its place: as large as there is room for, in lines of like length."""

from dataclasses import dataclass

from engines.errors import OverlayTooLong
from engines.line_breaking import Measure, balanced, cut_to_fit, tokens_of, wrap
from engines.subtitles.fonts import FontStack
from engines.subtitles.spans import is_rtl
from engines.subtitles.text import plain_text

_SIZE_STEP = 0.94
_EVEN, _LEAST_FOR_EVEN = 0.5, 0.75  # shortest line to longest, and how much smaller text may be for it
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


def fit_block(text: str, *, fonts: FontStack, room_px: tuple[float, float], sizes: Sizes, field: str) -> Block:
    """Return drawable text as a block of the largest size that fits `room_px` (width, height).

    A little smaller where that makes lines of like length of a lonely short one. Lines hold whole words down to the
    smallest size, where words are cut. Raises OverlayTooLong, which names `field`.
    """
    first: Block | None = None
    em_px = sizes.largest_px
    while first is None or em_px >= first.em_px * _LEAST_FOR_EVEN:
        block = _block_at(text, em_px, fonts=fonts, room_px=room_px, sizes=sizes)
        if block and min(block.widths_px) >= _EVEN * block.width_px:
            return block
        first = first or block
        if em_px <= sizes.smallest_px:
            break
        em_px = max(sizes.smallest_px, em_px * _SIZE_STEP)
    if first is None:
        raise OverlayTooLong(field=field, text=text)
    return first


def _block_at(text: str, em_px: float, *, fonts: FontStack, room_px: tuple[float, float], sizes: Sizes) -> Block | None:
    """Return the text at one size, or None where it does not fit."""
    measure, tokens = _measure(fonts, em_px), tokens_of(text)
    if em_px <= sizes.smallest_px:
        tokens = cut_to_fit(tokens, measure, room_px[0])
    lines = wrap(tokens, measure, room_px[0])
    if len(lines) > sizes.max_lines or any(measure(line) > room_px[0] for line in lines):
        return None
    block = _block(balanced(tokens, measure, room_px[0], len(lines)), fonts, em_px, sizes)
    return block if block.height_px + 2 * sizes.padding_px <= room_px[1] else None


def _measure(fonts: FontStack, em_px: float) -> Measure:
    return lambda text: fonts.ink(text).width_px * em_px


def _block(lines: list[str], fonts: FontStack, em_px: float, sizes: Sizes) -> Block:
    inks = [fonts.ink(line) for line in lines]
    above, below = max(ink.above_px for ink in inks), max(ink.below_px for ink in inks)
    # The lines of one block keep one pitch whatever their letters, so that "no" and "Ég" stand as far apart.
    usual = fonts.ink("Hg")
    above, below = max(above, usual.above_px), max(below, usual.below_px)
    return Block(
        lines=tuple(lines),
        widths_px=tuple(ink.width_px * em_px for ink in inks),
        em_px=em_px,
        pitch_px=max(sizes.line_height, above + below + _GAP_EM) * em_px + 2 * sizes.padding_px,
        above_px=above * em_px,
        below_px=below * em_px,
        is_rtl=is_rtl(lines),
    )
