"""Where text may break into lines, and lines that fit a width: greedy, or of like length. Measuring is the caller's."""

from collections.abc import Callable, Sequence

from engines.clusters import clusters

Measure = Callable[[str], float]

# Thai and Lao, Myanmar, Khmer; kana, CJK ideographs and their punctuation, fullwidth forms.
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3000, 0x30FF), (0x3400, 0x9FFF), (0xFF00, 0xFFEF))
# What never begins a line: closing marks, marks of length and repetition, small kana, Thai vowels that follow.
NEVER_FIRST = frozenset(
    "、。，．・：；？！」』）］｝〉》】〕’”…‥ーゝゞ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}ะาำๆฯ"
)
_NEVER_LAST = frozenset("「『（【〈《เแโใไ")


def is_unspaced(text: str) -> bool:
    """Tell whether any of the text is of a script that writes no spaces between words."""
    return any(first <= ord(char) <= last for char in text for first, last in _UNSPACED)


def tokens_of(text: str) -> list[str]:
    """Split at spaces, which stay behind their words, and between the letters of scripts that write none."""
    tokens: list[str] = []
    for cluster in clusters(text):
        breaks = not tokens or tokens[-1].endswith(" ") or _may_break(tokens[-1][-1], cluster[0])
        if breaks and cluster != " ":
            tokens.append(cluster)
        else:
            tokens[-1] += cluster
    return tokens


def wrap(tokens: Sequence[str], measure: Measure, width: float) -> list[str]:
    """Fill lines with tokens; one that is wider than a line stands alone."""
    lines: list[str] = []
    for token in tokens:
        longer = (lines[-1] if lines else "") + token
        if lines and measure(longer.rstrip()) <= width:
            lines[-1] = longer
        else:
            lines.append(token)
    return [line.rstrip() for line in lines]


def balanced(tokens: Sequence[str], measure: Measure, width: float, count: int) -> list[str]:
    """Return `count` lines as even as can be: wrapped to the least width that needs no more lines."""
    low, high = 0.0, width
    while high - low > 1:
        middle = (low + high) / 2
        lines = wrap(tokens, measure, middle)
        if len(lines) <= count and all(measure(line) <= middle for line in lines):
            high = middle
        else:
            low = middle
    return wrap(tokens, measure, high)


def cut_to_fit(tokens: Sequence[str], measure: Measure, width: float) -> list[str]:
    """Cut the tokens that are wider than a line, never inside a cluster."""
    return [piece for token in tokens for piece in _pieces(token, measure, width)]


def _may_break(before: str, after: str) -> bool:
    return is_unspaced(before + after) and after not in NEVER_FIRST and before not in _NEVER_LAST


def _pieces(token: str, measure: Measure, width: float) -> list[str]:
    pieces = [""]
    for cluster in clusters(token):
        if pieces[-1] and measure((pieces[-1] + cluster).rstrip()) > width:
            pieces.append("")
        pieces[-1] += cluster
    return pieces
