"""Scripts that write no spaces: one "word" may be a whole sentence, and must be cut to fit lines."""

from collections.abc import Callable, Sequence

from engines.subtitles.text import clusters
from models.timeline import WordTiming

# Thai and Lao, Myanmar, Khmer; kana, CJK ideographs and their punctuation, fullwidth forms.
_RANGES = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3000, 0x30FF), (0x3400, 0x9FFF), (0xFF00, 0xFFEF))


def split_unspaced(
    words: Sequence[WordTiming], *, measure: Callable[[str], float], max_width_px: float
) -> tuple[WordTiming, ...]:
    """Cut words of scripts without spaces into pieces that fit a line, each with its share of the word's time.

    Words of other scripts stay whole: too wide a one shrinks its page.
    """
    pieces: list[WordTiming] = []
    for word in words:
        if _is_unspaced(word.text) and measure(word.text) > max_width_px:
            pieces.extend(_cut(word, measure=measure, max_width_px=max_width_px))
        else:
            pieces.append(word)
    return tuple(pieces)


def _is_unspaced(text: str) -> bool:
    inside = sum(any(first <= ord(char) <= last for first, last in _RANGES) for char in text)
    return 2 * inside > len(text)


def _cut(word: WordTiming, *, measure: Callable[[str], float], max_width_px: float) -> list[WordTiming]:
    texts = [""]
    for cluster in clusters(word.text):
        if texts[-1] and measure(texts[-1] + cluster) > max_width_px:
            texts.append("")
        texts[-1] += cluster
    span_ms, start_ms, pieces, done = word.end_ms - word.start_ms, word.start_ms, [], 0
    for text in texts:
        done += len(text)
        end_ms = word.start_ms + span_ms * done // len(word.text)
        pieces.append(WordTiming(text=text, start_ms=start_ms, end_ms=end_ms))
        start_ms = end_ms
    return pieces
