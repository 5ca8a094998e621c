"""Animations: how captions come in, as ASS tags that libass plays by itself.

All times are in ms from the start of the event that the tags are for, and may lie before it: an event that begins in
the middle of a movement goes on with it.
"""

from collections.abc import Sequence
from itertools import pairwise

from models.caption_settings import CaptionAnimation

FADE_MS = 140
RISE_MS = 220
RISE_EM = 0.45
# (ms after the word's start, size in %): a spring that is let go, overshoots once and settles.
_POP = ((0, 55.0), (90, 107.0), (170, 98.0), (240, 100.0))  # more would touch the word before
_BOUNCE = ((0, 100.0), (80, 108.0), (200, 100.0))
_SPRINGS = {CaptionAnimation.POP: _POP, CaptionAnimation.BOUNCE: _BOUNCE}


def grows(animation: CaptionAnimation) -> float:
    """Return the largest size that a word gets to, as a factor."""
    return max((size for _, size in _SPRINGS.get(animation, ())), default=100.0) / 100


def rise_em(animation: CaptionAnimation) -> float:
    """Return how far below its place a page starts, in em."""
    return RISE_EM if animation is CaptionAnimation.RISE else 0.0


def moves_words(animation: CaptionAnimation) -> bool:
    """Tell whether words move by themselves, so that each must be an event of its own."""
    return animation in _SPRINGS


def waits_for_speech(animation: CaptionAnimation) -> bool:
    """Tell whether a word shows only from when it is said."""
    return animation is CaptionAnimation.POP


def spring(animation: CaptionAnimation, since_ms: int) -> str:
    """Return the tags that size a word whose time began `since_ms` before its event."""
    keys = [(time_ms - since_ms, size) for time_ms, size in _SPRINGS[animation]]
    start = _size_at(keys, 0)
    steps = [
        f"\\t({max(0, begin_ms)},{end_ms},\\fscx{size:g}\\fscy{size:g})"
        for (begin_ms, _), (end_ms, size) in pairwise(keys)
        if end_ms > 0
    ]
    return f"\\fscx{start:g}\\fscy{start:g}" + "".join(steps) if steps else ""


def fade(animation: CaptionAnimation, since_ms: int) -> str:
    """Return the tags that fade in what came up `since_ms` before its event."""
    lasts_ms = FADE_MS if animation in (CaptionAnimation.FADE, CaptionAnimation.RISE) else 0
    end_ms = lasts_ms - since_ms
    return f"\\fade(255,0,0,{-since_ms},{end_ms},999999,999999)" if end_ms > 0 else ""


def fades_in_ms(animation: CaptionAnimation) -> int:
    """Return how long what cannot move takes to fade in."""
    return {CaptionAnimation.FADE: FADE_MS, CaptionAnimation.RISE: RISE_MS}.get(animation, 0)


def position(animation: CaptionAnimation, x_px: float, y_px: float, *, em_px: float, since_ms: int) -> str:
    """Return the tags that put an event at its place, rising to it where that is asked for."""
    end_ms = RISE_MS - since_ms
    if animation is not CaptionAnimation.RISE or end_ms <= 0:
        return f"\\pos({x_px:.2f},{y_px:.2f})"
    low_px = y_px + RISE_EM * em_px
    return f"\\move({x_px:.2f},{low_px:.2f},{x_px:.2f},{y_px:.2f},{-since_ms},{end_ms})"


def _size_at(keys: Sequence[tuple[int, float]], time_ms: int) -> float:
    if time_ms <= keys[0][0]:
        return keys[0][1]
    for (begin_ms, before), (end_ms, after) in pairwise(keys):
        if time_ms < end_ms:
            return before + (after - before) * (time_ms - begin_ms) / (end_ms - begin_ms)
    return keys[-1][1]
