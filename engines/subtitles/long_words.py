"""Long words: what is much wider than a line is parted where that reads best, before it is set very small."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from math import inf

from engines.break_places import HYPHEN, BreakPlace, break_places
from engines.clusters import clusters
from engines.phrasing import is_unspaced
from models.captions import Page, WordPart
from models.timeline import WordTiming

LEAST_SCALE = 0.8  # a word that fits at this size is set smaller, and whole
PART_COST = 1.0  # of each further part
SMALLER_COST = 1.8  # of a part that is set smaller: dearer than one more at a syllable, cheaper than inside a name
SLACK_WEIGHT = 0.5  # how much parts of unlike length count

_WHOLE = BreakPlace(0.0, hyphen=False)


def part_words(
    words: Sequence[WordTiming],
    *,
    as_written: Sequence[str],
    measure: Callable[[str], float],
    max_width_px: float,
    language: str,
) -> tuple[WordTiming, ...]:
    """Part words that would have to be set smaller than `LEAST_SCALE` to fit a line, each part with its share of time.

    All parts but a word's last are WordParts. Words of a language are hyphenated; addresses, numbers and names
    get no hyphen. Scripts that write no spaces are left: their phrases are no parts of a word.
    """
    found: list[WordTiming] = []
    for word, written in zip(words, as_written, strict=True):
        if measure(word.text) * LEAST_SCALE > max_width_px and not is_unspaced(word.text):
            places = break_places(word.text, language=language, as_written=written)
            found += _timed(word, _edges(word.text, places, measure, max_width_px), places)
        else:
            found.append(word)
    return tuple(found)


def spoken_as_one(page: Page) -> Page:
    """Return the page with the parts of a word that stand on it timed alike: they are said as one word."""
    words = list(page.words)
    for span in spoken_words(words):
        both = {"start_ms": words[span[0]].start_ms, "end_ms": words[span[-1]].end_ms}
        words[span.start : span.stop] = [words[index].model_copy(update=both) for index in span]
    rest = iter(words)
    return page.model_copy(update={"lines": tuple(tuple(next(rest) for _ in line) for line in page.lines)})


def spoken_words(words: Sequence[WordTiming]) -> Iterator[range]:
    """Yield the indices of each word that is said: several for one that is parted."""
    first = 0
    for index, word in enumerate(words):
        if not isinstance(word, WordPart) or index == len(words) - 1:
            yield range(first, index + 1)
            first = index + 1


def _edges(
    text: str, places: Mapping[int, BreakPlace], measure: Callable[[str], float], max_width_px: float
) -> list[tuple[int, int]]:
    """Return the parts that read best, as ranges of the text, by dynamic programming over its clusters.

    Each fits a line, if need be at `LEAST_SCALE`, but for a cluster that is wider by itself.
    """
    most_px = max_width_px / LEAST_SCALE
    letters = clusters(text)
    starts = [0, *accumulate(len(letter) for letter in letters)]
    reach_px = [0.0, *accumulate(measure(letter) for letter in letters)]
    hyphen_px = measure(HYPHEN)
    costs, back = [0.0] + [inf] * len(letters), [0] * (len(letters) + 1)
    for first in range(len(letters)):
        for end in range(first + 1, len(letters) + 1):
            place = _WHOLE if end == len(letters) else places.get(starts[end])
            bare_px = reach_px[end] - reach_px[first]
            if bare_px > most_px and end > first + 1:
                break
            width_px = bare_px + (hyphen_px if place is not None and place.hyphen else 0.0)
            if place is None or (width_px > most_px and end > first + 1):
                continue
            slack = max(0.0, 1 - width_px / max_width_px)
            smaller = SMALLER_COST if width_px > max_width_px else 0.0
            cost = costs[first] + PART_COST + place.cost + smaller + SLACK_WEIGHT * slack**2
            if cost < costs[end]:
                costs[end], back[end] = cost, first
    return _traced(starts, back) if costs[-1] < inf else [(0, len(text))]


def _traced(starts: Sequence[int], back: Sequence[int]) -> list[tuple[int, int]]:
    ends = [len(starts) - 1]
    while ends[-1]:
        ends.append(back[ends[-1]])
    return list(pairwise(starts[end] for end in reversed(ends)))


def _timed(
    word: WordTiming, edges: Sequence[tuple[int, int]], places: Mapping[int, BreakPlace]
) -> Iterator[WordTiming]:
    span_ms, length = word.end_ms - word.start_ms, len(word.text)
    for start, end in edges:
        times = {
            "start_ms": word.start_ms + span_ms * start // length,
            "end_ms": word.start_ms + span_ms * end // length,
        }
        if end == length:
            yield word.model_copy(update={"text": word.text[start:], **times})
        else:
            shown = word.text[start:end] + (HYPHEN if places[end].hyphen else "")
            yield WordPart(text=shown, joined=True, **times)
