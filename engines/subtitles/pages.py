"""Pages: which words stand together, on which lines, and from when to when. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import inf

from engines.subtitles.phrases import BEST, GOOD, break_cost, is_mark
from models.captions import Page, WordPart
from models.timeline import WordTiming

HOLD_GAP_MS = 700
TAIL_MS = 300

PAGE_COST = 1.0  # of turning the page at all
ORPHAN_COST = 2.5
UNEVEN_COST = 1.5  # of a page that is far from full
BURIED_SENTENCE_COST = 4.0
BURIED_CLAUSE_COST = 0.9
DANGLING_COST = 1.5  # of the first word of a clause at the end of a page
SHRINK_COST = 12.0  # of setting other words as small as one too wide word needs
LINE_BREAK_WEIGHT = 0.12  # how much a line's break counts against its balance


@dataclass(frozen=True)
class _Setting:
    """The words of one scene, measured once."""

    words: Sequence[WordTiming]
    widths_px: Sequence[float]
    breaks: Sequence[float]
    marks: Sequence[bool]
    space_px: float
    max_width_px: float
    max_lines: int
    max_words: int

    def width_px(self, first: int, end: int) -> float:
        spaces = sum(not word.joined for word in self.words[first : end - 1])
        return sum(self.widths_px[first:end]) + self.space_px * spaces

    def fits(self, first: int, end: int) -> bool:
        return end - first == 1 or self.width_px(first, end) <= self.max_width_px

    def spoken(self, first: int, end: int) -> int:
        """Count the words: a parted one once, and without what is only a mark of the one before: an emoji, a dash."""
        return sum(not mark for mark in self.marks[first:end])

    def stands_alone(self, index: int) -> bool:
        """Tell whether a word is a sentence of its own, parted, or too wide to share its page."""
        if isinstance(self.words[index], WordPart):
            return True
        opens = index == 0 or self.breaks[index - 1] == BEST
        return (opens and self.breaks[index] == BEST) or self.widths_px[index] > self.max_width_px


def paginate(
    words: Sequence[WordTiming],
    *,
    max_lines: int,
    max_words: int,
    max_width_px: float,
    measure: Callable[[str], float],
    scene_end_ms: int,
    language: str = "en",
) -> tuple[Page, ...]:
    """Set `words` (scene-local times, in order) in pages that break where a reader would pause.

    Every word is on exactly one page. A page has at most `max_lines` lines of at most `max_width_px`, as `measure`
    tells a text's width; one too wide word alone on its line shrinks its page. A page stays until the next one
    if that follows soon, and pages never overlap.
    """
    if not words:
        return ()
    setting = _Setting(
        words=words,
        widths_px=[measure(word.text) for word in words],
        breaks=[break_cost(words, index, language=language) for index in range(len(words))],
        marks=[is_mark(word.text) or isinstance(word, WordPart) for word in words],
        space_px=measure(" "),
        max_width_px=max_width_px,
        max_lines=max_lines,
        max_words=max_words,
    )
    spans = _best_spans(setting)
    times = _times([(words[first], words[end - 1]) for first, end in spans], scene_end_ms=scene_end_ms)
    return tuple(
        _page(setting, first, end, start_ms=start_ms, end_ms=end_ms)
        for (first, end), (start_ms, end_ms) in zip(spans, times, strict=True)
    )


def _best_spans(setting: _Setting) -> list[tuple[int, int]]:
    """Find the cheapest way to cut the words into pages, by dynamic programming from the end."""
    count = len(setting.words)
    costs = [inf] * count + [0.0]
    ends = [0] * count
    for first in reversed(range(count)):
        for end in range(first + 1, count + 1):
            if end - first > 1 and setting.spoken(first, end) > setting.max_words:
                break
            if (lines := _break_lines(setting, first, end)) is None:
                break
            cost = _page_cost(setting, lines) + costs[end]
            if cost < costs[first]:
                costs[first], ends[first] = cost, end
    spans, first = [], 0
    while first < count:
        spans.append((first, ends[first]))
        first = ends[first]
    return spans


def _page_cost(setting: _Setting, lines: list[tuple[int, int]]) -> float:
    first, end = lines[0][0], lines[-1][1]
    buried = setting.breaks[first : end - 1]
    cost = PAGE_COST + setting.breaks[end - 1]
    cost += BURIED_SENTENCE_COST * sum(value == BEST for value in buried)
    cost += BURIED_CLAUSE_COST * sum(value == GOOD for value in buried)
    count = setting.spoken(first, end)
    cost += UNEVEN_COST * ((setting.max_words - count) / setting.max_words) ** 2
    if count <= 1 and not setting.stands_alone(first):
        cost += ORPHAN_COST
    if end - first > 1 and setting.breaks[end - 2] <= GOOD < setting.breaks[end - 1]:
        cost += DANGLING_COST
    if end - first > 1 and any(setting.widths_px[index] > setting.max_width_px for index in range(first, end)):
        cost += SHRINK_COST
    return cost


def _break_lines(setting: _Setting, first: int, end: int) -> list[tuple[int, int]] | None:
    """Return the fewest, best balanced lines for these words, as index ranges; None if they do not fit a page."""
    for line_count in range(1, setting.max_lines + 1):
        best: list[tuple[int, int]] | None = None
        best_cost = inf
        for cuts in combinations(range(first + 1, end), line_count - 1):
            edges = (first, *cuts, end)
            lines = list(pairwise(edges))
            if not all(setting.fits(*line) for line in lines):
                continue
            cost = max(setting.width_px(*line) for line in lines) / setting.max_width_px
            cost += LINE_BREAK_WEIGHT * sum(setting.breaks[cut - 1] for cut in cuts)
            if cost < best_cost:
                best, best_cost = lines, cost
        if best is not None:
            return best
    return None


def _page(setting: _Setting, first: int, end: int, *, start_ms: int, end_ms: int) -> Page:
    lines = _break_lines(setting, first, end)
    assert lines is not None
    widest_px = max(setting.width_px(*line) for line in lines)
    return Page(
        lines=tuple(tuple(setting.words[slice(*line)]) for line in lines),
        start_ms=start_ms,
        end_ms=end_ms,
        scale=min(1.0, setting.max_width_px / widest_px) if widest_px else 1.0,
    )


def _times(edges: list[tuple[WordTiming, WordTiming]], *, scene_end_ms: int) -> list[tuple[int, int]]:
    """Return when each page, given by its first and last word, shows: in order, not overlapping, within the scene."""
    starts: list[int] = []
    for first, _ in edges:
        starts.append(max(min(first.start_ms, scene_end_ms), starts[-1] if starts else 0))
    following = [*starts[1:], scene_end_ms]
    times = []
    for (_, last), start_ms, next_ms in zip(edges, starts, following, strict=True):
        soon = next_ms - last.end_ms < HOLD_GAP_MS
        end_ms = next_ms if soon else last.end_ms + TAIL_MS
        times.append((start_ms, max(start_ms, end_ms)))
    return times
