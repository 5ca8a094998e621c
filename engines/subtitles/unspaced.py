"""Scripts that write no spaces: one "word" may be a whole sentence, and is cut into the phrases that it is read in."""

from collections.abc import Sequence

from engines.clusters import clusters
from engines.line_breaking import Measure
from engines.phrasing import NEVER_FIRST, is_unspaced, phrases_of
from models.timeline import WordTiming


def split_unspaced(
    words: Sequence[WordTiming], *, measure: Measure, max_width_px: float, language: str
) -> tuple[WordTiming, ...]:
    """Cut words of scripts without spaces into phrases that fit a line, each with its share of the word's time.

    Words of other scripts stay as they are.
    """
    pieces: list[WordTiming] = []
    for word in words:
        if is_unspaced(word.text):
            phrases = phrases_of(word.text, language=language)
            texts = [text for phrase in phrases for text in _fitting(phrase, measure, max_width_px)]
            pieces.extend(_shares(word, texts))
        else:
            pieces.append(word)
    return tuple(pieces)


def _fitting(phrase: str, measure: Measure, max_width_px: float) -> list[str]:
    """Cut a phrase that is wider than a line wherever its script allows it."""
    texts: list[list[str]] = [[]]
    for cluster in clusters(phrase):
        if texts[-1] and measure("".join([*texts[-1], cluster])) > max_width_px:
            texts.append(_carried(texts[-1]) if cluster in NEVER_FIRST else [])
        texts[-1].append(cluster)
    return ["".join(text) for text in texts]


def _carried(line: list[str]) -> list[str]:
    """Take off the end of a line what a closing mark takes along to the next one, so as not to begin it."""
    start = max((index for index in range(1, len(line)) if line[index] not in NEVER_FIRST), default=0)
    carried = line[start:] if start else []
    del line[len(line) - len(carried) :]
    return carried


def _shares(word: WordTiming, texts: Sequence[str]) -> list[WordTiming]:
    span_ms, start_ms, pieces, done = word.end_ms - word.start_ms, word.start_ms, [], 0
    for text in texts:
        done += len(text)
        end_ms = word.start_ms + span_ms * done // len(word.text)
        joined = word.joined or done < len(word.text)
        pieces.append(WordTiming(text=text, start_ms=start_ms, end_ms=end_ms, joined=joined))
        start_ms = end_ms
    return pieces
