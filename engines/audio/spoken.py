"""From a narration as written to what a voice is given: marks taken out, pronunciations put in, places remembered."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engines.audio.words import has_unspaced
from models.voice import PAUSE_PATTERN, Pronunciation, pause_ms

# One or two asterisks that touch what they surround, and nothing but white space or punctuation outside.
_EMPHASIS = re.compile(r"(?<![\w*\\])(\*{1,2})(?=[^\s*])([^*\n]*[^\s*])\1(?![\w*])")


class Range(NamedTuple):
    """Characters `[start, end)` of a text."""

    start: int
    end: int


class Phrase(NamedTuple):
    """What is said without a pause that the author asked for. `written` is what captions show."""

    written: str
    spoken: str
    origin: tuple[int, ...]  # where in `written` each character of `spoken` comes from
    stressed: tuple[Range, ...]  # in `written`
    pause_ms: int  # of silence after it


class _Plain(NamedTuple):
    text: str
    stressed: tuple[Range, ...]


def read_phrases(text: str, *, pronunciations: Sequence[Pronunciation] = ()) -> tuple[Phrase, ...]:
    """Cut a narration at its pauses. A text without marks and pronunciations is one phrase, spoken as written.

    A phrase may be empty (before a pause that comes first). Raises ValueError for a mark that is none.
    """
    pauses = list(PAUSE_PATTERN.finditer(text))
    edges = [0, *(edge for match in pauses for edge in match.span()), len(text)]
    lengths = [*(pause_ms(match.group(1)) for match in pauses), 0]
    said = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return tuple(_phrase(part, pronunciations, after) for part, after in zip(said, lengths, strict=True))


def plain_text(text: str) -> str:
    """Return a narration as people read it: without pauses and marks of emphasis."""
    return " ".join(_without_emphasis(PAUSE_PATTERN.sub(" ", text)).text.split())


def _phrase(text: str, pronunciations: Sequence[Pronunciation], after_ms: int) -> Phrase:
    plain = _without_emphasis(text)
    spoken, origin = _pronounced(plain.text, pronunciations)
    return Phrase(plain.text, spoken, origin, plain.stressed, after_ms)


def _without_emphasis(text: str) -> _Plain:
    kept: list[str] = []
    stressed: list[Range] = []
    end = length = 0
    for match in _EMPHASIS.finditer(text):
        before = text[end : match.start()]
        length += len(before)
        stressed.append(Range(length, length + len(match.group(2))))
        kept += [before, match.group(2)]
        length += len(match.group(2))
        end = match.end()
    return _Plain("".join([*kept, text[end:]]), tuple(stressed))


def _pronounced(text: str, pronunciations: Sequence[Pronunciation]) -> tuple[str, tuple[int, ...]]:
    """Put in what is to be said instead; a replacement's characters share out those of what it replaces."""
    spoken: list[str] = []
    origin: list[int] = []
    end = 0
    for place, entry in _found(text, pronunciations):
        between = range(end, place.start)
        spoken += [text[end : place.start], entry.spoken]
        origin += [*between, *_shared_out(place, len(entry.spoken))]
        end = place.end
    return "".join([*spoken, text[end:]]), (*origin, *range(end, len(text)))


def _shared_out(place: Range, count: int) -> Iterator[int]:
    length = place.end - place.start
    return (place.start + index * length // count for index in range(count))


def _found(text: str, pronunciations: Sequence[Pronunciation]) -> list[tuple[Range, Pronunciation]]:
    """Return where entries are found, in order: of two in the same place the longer one."""
    matches = [
        (Range(*match.span()), entry)
        for entry in pronunciations
        for match in _pattern(entry.written.strip()).finditer(text)
    ]
    matches.sort(key=lambda found: (found[0].start, -found[0].end))
    kept: list[tuple[Range, Pronunciation]] = []
    for place, entry in matches:
        if not kept or place.start >= kept[-1][0].end:
            kept.append((place, entry))
    return kept


def _pattern(written: str) -> re.Pattern[str]:
    """Match whole words; where words have no spaces between them, anywhere."""
    before = "" if has_unspaced(written[0]) else r"(?<!\w)"
    after = "" if has_unspaced(written[-1]) else r"(?!\w)"
    flags = re.IGNORECASE if written == written.lower() else re.NOFLAG
    return re.compile(before + r"\s+".join(map(re.escape, written.split())) + after, flags)
