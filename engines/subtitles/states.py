"""States: which word of a page is spoken when, in the hundredths of a second that ASS counts."""

from collections.abc import Iterator, Sequence

from engines.subtitles.long_words import spoken_words
from models.captions import Page

HIGHLIGHT_HOLD_MS = 300  # a spoken word stays lit through pauses up to this
_NOTHING = range(0)


def word_states(page: Page, words: range) -> Iterator[tuple[int, int, range]]:
    """Yield (start_ms, end_ms, spoken) over the page's whole time, without gaps.

    `spoken` are the indices in the page of the word that is said, as far as they are in `words`: several where it is
    parted, none while nothing of `words` is said.
    """
    said = list(spoken_words(page.words))
    marks = [(page.start_ms, _NOTHING)]
    following = [page.words[span.start].start_ms for span in said[1:]] + [page.end_ms]
    for span, next_ms in zip(said, following, strict=True):
        end_ms = page.words[span.stop - 1].end_ms
        marks.append((page.words[span.start].start_ms, _shared(span, words)))
        if next_ms - end_ms > HIGHLIGHT_HOLD_MS:
            marks.append((end_ms, _NOTHING))
    yield from _joined(marks, start_ms=page.start_ms, end_ms=page.end_ms)


def centis(time_ms: int) -> int:
    """Return the hundredth of a second that holds `time_ms`."""
    return time_ms // 10


def _shared(some: range, others: range) -> range:
    return range(max(some.start, others.start), min(some.stop, others.stop))


def _joined(marks: Sequence[tuple[int, range]], *, start_ms: int, end_ms: int) -> Iterator[tuple[int, int, range]]:
    """Turn marks into spans that last at least a hundredth; equal neighbours become one."""
    spans: list[tuple[int, range]] = []
    for time_ms, spoken in marks:
        at_ms = max(min(time_ms, end_ms), spans[-1][0] if spans else start_ms)
        while spans and centis(spans[-1][0]) == centis(at_ms):
            spans.pop()
        if not spans or spans[-1][1] != spoken:
            spans.append((at_ms, spoken))
    edges = [*(at_ms for at_ms, _ in spans), end_ms]
    for (at_ms, spoken), until_ms in zip(spans, edges[1:], strict=True):
        if centis(until_ms) > centis(at_ms):
            yield at_ms, until_ms, spoken
