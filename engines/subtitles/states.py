"""States: which word of a page is spoken when, in the hundredths of a second that ASS counts."""

from collections.abc import Iterator, Sequence

from models.captions import Page

HIGHLIGHT_HOLD_MS = 300  # a spoken word stays lit through pauses up to this


def word_states(page: Page, words: range) -> Iterator[tuple[int, int, int | None]]:
    """Yield (start_ms, end_ms, spoken) over the page's whole time, without gaps.

    `spoken` is the index in the page of the word that is said, or None while that is none of `words`.
    """
    marks: list[tuple[int, int | None]] = [(page.start_ms, None)]
    following = [word.start_ms for word in page.words[1:]] + [page.end_ms]
    for index, (word, next_ms) in enumerate(zip(page.words, following, strict=True)):
        marks.append((word.start_ms, index if index in words else None))
        if next_ms - word.end_ms > HIGHLIGHT_HOLD_MS:
            marks.append((word.end_ms, None))
    yield from _joined(marks, start_ms=page.start_ms, end_ms=page.end_ms)


def centis(time_ms: int) -> int:
    """Return the hundredth of a second that holds `time_ms`."""
    return time_ms // 10


def _joined(
    marks: Sequence[tuple[int, int | None]], *, start_ms: int, end_ms: int
) -> Iterator[tuple[int, int, int | None]]:
    """Turn marks into spans that last at least a hundredth; equal neighbours become one."""
    spans: list[tuple[int, int | None]] = []
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
