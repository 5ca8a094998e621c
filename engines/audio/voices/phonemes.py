"""Text as a Piper model takes it: clauses, their phonemes, and the numbers of these."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engines.audio import espeak_library
from engines.audio.words import is_spoken

BOS, EOS, PAD = "^", "$", "_"
_CLAUSE = re.compile(r".+?(?:[.!?…:;,]+[\"'”’»)\]]*(?=\s|$)|[。！？，、；：]+|$)", re.DOTALL)
_MARKS = dict(zip(".!?…:;,。！？，、；：", ".!?.:;,.!?,,;:", strict=True))  # to those that models know
_END = re.compile(rf"([{re.escape(''.join(_MARKS))}])[^\w\s]*\s*$")
_SENTENCE_ENDS = (".", "!", "?")
_LANGUAGE_SWITCH = re.compile(r"\([^)]+\)")  # espeak-ng's remarks on words of another language


class Clause(NamedTuple):
    """Words up to a punctuation mark, as espeak-ng says them, one group of phonemes for each word that it hears."""

    text: str
    phonemes: str
    ends_sentence: bool


def clauses_of(text: str, language: str | None) -> tuple[Clause, ...]:
    """Cut `text` at its punctuation and return how each part is said; what has nothing to say is left out."""
    return tuple(_clause(part.group(), language) for part in _CLAUSE.finditer(text) if is_spoken(part.group()))


def _clause(text: str, language: str | None) -> Clause:
    end = _END.search(text)
    mark = _MARKS[end.group(1)] if end else ""
    if language is None:
        return Clause(text, unicodedata.normalize("NFD", text.strip()), mark in _SENTENCE_ENDS)
    said = espeak_library.phonemes(text, language=language)
    phonemes = " ".join(_LANGUAGE_SWITCH.sub("", said).split())
    return Clause(text, unicodedata.normalize("NFD", phonemes + mark), mark in _SENTENCE_ENDS)


def sentences_of(clauses: Sequence[Clause]) -> Iterator[list[Clause]]:
    """Put clauses together up to where a sentence ends."""
    sentence: list[Clause] = []
    for clause in clauses:
        sentence.append(clause)
        if clause.ends_sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def ids_of(sentence: Sequence[Clause], known: Mapping[str, Sequence[int]]) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the ids of a sentence, and for each of them its clause and its word in it; -1 for none."""
    ids = [*known[BOS], *known[PAD]]
    owners = [(-1, -1)] * len(ids)
    for number, clause in enumerate(sentence):
        word = 0
        for sign in clause.phonemes + ("" if clause is sentence[-1] else " "):
            added = [*known[sign], *known[PAD]] if sign in known else []
            word += sign == " "
            ids += added
            owners += [(number, word)] * len(added)
    ids += known[EOS]
    return ids, [*owners, *[(-1, -1)] * len(known[EOS])]
