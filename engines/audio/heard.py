"""Words as they were heard (told by a voice, or recognised) find their places in the words as written."""

import difflib
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from engines.audio.alignment import follow
from engines.audio.pcm import Samples
from engines.audio.words import WrittenWord, split_words, word_at
from engines.timebase import ms_to_sample
from models.timeline import WordTiming

Recogniser = Callable[[Path], Sequence[WordTiming]]  # the words that are heard in a WAV file

_WINDOW = 48  # how many letters and digits may be skipped to find the next word
_LEAST_RECOGNISED = 0.5  # of the words: with fewer, the recognition is of no use


class Letters(NamedTuple):
    """A text's letters and digits, case folded, and each one's place in the text."""

    text: str
    places: tuple[int, ...]


def letters_of(text: str) -> Letters:
    """Return the letters and digits of `text`."""
    pairs = [
        (letter, place)
        for place, char in enumerate(text)
        for letter in unicodedata.normalize("NFKC", char).casefold()
        if letter.isalnum()
    ]
    return Letters("".join(letter for letter, _ in pairs), tuple(place for _, place in pairs))


def places_of(text: str, heard: Sequence[WordTiming]) -> tuple[int | None, ...]:
    """Return where in `text` each of the heard words begins, in order; None for one that is not there.

    They are the text's own words, or parts of them; the voice may have left out some, and all punctuation.
    """
    letters = letters_of(text)
    word_starts = {0, *(word.start for word in split_words(text))}
    places: list[int | None] = []
    cursor = 0
    for word in heard:
        wanted = letters_of(word.text).text
        found = _find(wanted, letters, cursor, word_starts) if wanted else None
        places.append(None if found is None else letters.places[found])
        cursor = cursor if found is None else found + len(wanted)
    return tuple(places)


def onsets_of(
    words: Sequence[WrittenWord], places: Sequence[int | None], heard: Sequence[WordTiming]
) -> dict[int, int]:
    """Return the first sample of each written word that was heard; `places` are characters of the written text."""
    onsets: dict[int, int] = {}
    for place, timing in zip(places, heard, strict=True):
        if place is not None:
            onsets.setdefault(min(word_at(words, place), len(words) - 1), ms_to_sample(timing.start_ms))
    return onsets


def recognised(
    words: Sequence[WrittenWord], heard: Sequence[WordTiming], samples: Samples
) -> tuple[WordTiming, ...] | None:
    """Time words by what a recogniser heard; None if that is too little like them."""
    onsets = _matching(words, heard)
    if len(onsets) < _LEAST_RECOGNISED * len(words):
        return None
    return follow(words, onsets, samples)


def _find(wanted: str, letters: Letters, cursor: int, word_starts: set[int]) -> int | None:
    """Find a word at the cursor, or where a word starts soon after it."""
    found = letters.text.find(wanted, cursor, cursor + _WINDOW + len(wanted))
    while found >= 0 and found != cursor and letters.places[found] not in word_starts:
        found = letters.text.find(wanted, found + 1, cursor + _WINDOW + len(wanted))
    return found if found >= 0 else None


def _matching(words: Sequence[WrittenWord], heard: Sequence[WordTiming]) -> dict[int, int]:
    ours = [letters_of(word.text).text for word in words]
    theirs = [letters_of(word.text).text for word in heard]
    blocks = difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return {
        block.a + offset: ms_to_sample(heard[block.b + offset].start_ms)
        for block in blocks
        for offset in range(block.size)
    }
