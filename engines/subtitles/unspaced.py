"""Scripts that write no spaces: one "word" may be a whole sentence, and is cut into the phrases that it is read in."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from engines.clusters import clusters
from engines.line_breaking import Measure
from engines.phrasing import NEVER_FIRST, is_katakana, is_unspaced, phrases_of
from engines.subtitles.long_words import LEAST_SCALE
from models.timeline import WordTiming

_MOST_CARRIED = 3  # letters that go to the next line, so that this one ends with a whole word


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
    """Cut a phrase that is wider than a line wherever its script allows it, best behind a loan word."""
    texts: list[list[str]] = [[]]
    for unit in _units(phrase, measure, max_width_px):
        if texts[-1] and measure("".join([*texts[-1], unit])) > max_width_px:
            texts.append(_behind_loan_word(texts[-1]) or (_carried(texts[-1]) if unit[0] in NEVER_FIRST else []))
        texts[-1].append(unit)
    return ["".join(text) for text in texts]


def _units(phrase: str, measure: Measure, max_width_px: float) -> Iterator[str]:
    """Yield what stays on one line: words in katakana that fit at LEAST_SCALE, and single clusters."""
    for in_katakana, run in groupby(clusters(phrase), key=lambda cluster: is_katakana(cluster[0])):
        letters = list(run)
        word = "".join(letters)
        if in_katakana and measure(word) * LEAST_SCALE <= max_width_px:
            yield word
        else:
            yield from letters


def _behind_loan_word(line: list[str]) -> list[str]:
    """Take off what little stands behind a line's last word in katakana, which the next line can begin with."""
    start = max((index + 1 for index, unit in enumerate(line) if len(unit) > 1 and is_katakana(unit[0])), default=0)
    tail = line[start:] if start else []
    if not tail or len(tail) > _MOST_CARRIED or tail[0] in NEVER_FIRST:
        return []
    del line[start:]
    return tail


def _carried(line: list[str]) -> list[str]:
    """Take off the end of a line what a closing mark takes along to the next one, so as not to begin it.

    A word in katakana is torn for that only where it stands alone.
    """
    for parts in (list(line), [cluster for unit in line for cluster in clusters(unit)]):
        start = max((index for index in range(1, len(parts)) if parts[index][0] not in NEVER_FIRST), default=0)
        if start:
            line[:] = parts[:start]
            return parts[start:]
    return []


def _shares(word: WordTiming, texts: Sequence[str]) -> list[WordTiming]:
    span_ms, start_ms, pieces, done = word.end_ms - word.start_ms, word.start_ms, [], 0
    for text in texts:
        done += len(text)
        end_ms = word.start_ms + span_ms * done // len(word.text)
        joined = word.joined or done < len(word.text)
        pieces.append(WordTiming(text=text, start_ms=start_ms, end_ms=end_ms, joined=joined))
        start_ms = end_ms
    return pieces
