"""Written words: where they stand in a script, and how much time each of them takes to say."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# Scripts written without spaces between words; their runs are cut into chunks of a few characters.
_HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_HIRAGANA = r"\u3041-\u309f"
_KATAKANA = r"\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_SOUTH_EAST_ASIAN = r"\u0e01-\u0e4f\u0e80-\u0ecf\u0edc-\u0edf\u1000-\u109f\u1780-\u17d3"
_KINDS = (
    ("han", re.compile(f"[{_HAN}]")),
    ("hiragana", re.compile(f"[{_HIRAGANA}]")),
    ("katakana", re.compile(f"[{_KATAKANA}]")),
    ("south_east_asian", re.compile(f"[{_SOUTH_EAST_ASIAN}]")),
)
_UNSPACED = re.compile(f"[{_HAN}{_HIRAGANA}{_KATAKANA}{_SOUTH_EAST_ASIAN}]")
_KANA = re.compile(f"[{_HIRAGANA}{_KATAKANA}]")
_LEADING_VOWELS = "\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4"  # written before their consonant
_TRAILING_VOWELS = "\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3"  # spaced vowels that end a syllable
_VOWEL_GROUPS = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœаеёиоуыэюяієїαεηιουωάέήίόύώ]+")
_SPOKEN_SIGNS = "%&@#+/="
_MUTE_SIGNS = "*_~`|^"  # mark-up that a voice would read out loud
_CLAUSE_END = re.compile(r"[.,;:!?\u2026\u2014\u2013\u3002\uff01\uff1f\u3001\uff0c\u061f\u060c\u0964]\W*$")
_HAN_CHUNK = 2
_JAPANESE_CHUNK = 7
_SOUTH_EAST_ASIAN_CHUNK = (4, 7)


class WrittenWord(NamedTuple):
    """A word as written, punctuation attached, and its place `[start, end)` in the text, in code points."""

    text: str
    start: int
    end: int


def split_words(text: str) -> tuple[WrittenWord, ...]:
    """Cut `text` at white space, and runs of scripts that use none into chunks of a few characters.

    Nothing but white space is lost: the words joined are the text without it.
    """
    words: list[WrittenWord] = []
    for match in re.finditer(r"\S+", text):
        start = match.start()
        for chunk in _chunks(match.group()):
            words.append(WrittenWord(chunk, start, start + len(chunk)))
            start += len(chunk)
    return tuple(words)


def attach_silent(words: Sequence[WrittenWord], text: str) -> tuple[WrittenWord, ...]:
    """Join words that nobody says (dashes, emoji) to the word before them, or to the first one that is said."""
    joined: list[WrittenWord] = []
    for word in words:
        if joined and not (is_spoken(word.text) and is_spoken(joined[-1].text)):
            start = joined[-1].start
            joined[-1] = WrittenWord(" ".join(text[start : word.end].split()), start, word.end)
        else:
            joined.append(word)
    return tuple(joined)


def is_spoken(text: str) -> bool:
    """Tell whether a voice has something to say for `text`."""
    return any(unicodedata.category(char)[0] in "LN" or char in _SPOKEN_SIGNS or _is_currency(char) for char in text)


def has_unspaced(text: str) -> bool:
    """Tell whether `text` has letters of a script that is written without spaces between words."""
    return bool(_UNSPACED.search(text))


def spoken_text(text: str) -> str:
    """Return `text` for a voice: emoji, mark-up and control characters become spaces, one for one."""
    spoken: list[str] = []
    for char in text:
        spoken.append(_spoken_char(char, spoken[-1] if spoken else " "))
    return "".join(spoken)


def ends_clause(word: str) -> bool:
    """Tell whether a speaker would pause after `word`."""
    return bool(_CLAUSE_END.search(word))


def weight(word: str) -> float:
    """Return about how long `word` takes to say, always more than zero: syllables, letters, and a drawn-out end."""
    syllables = float(len(_VOWEL_GROUPS.findall(unicodedata.normalize("NFC", word).lower())))
    for char in word:
        if char.isdigit():
            syllables += 1.5
        elif _UNSPACED.match(char) and unicodedata.category(char)[0] == "L":
            syllables += 0.5 if _KINDS[3][1].match(char) else 1.0
    letters = sum(char.isalpha() for char in word)
    drawn_out = 0.8 if ends_clause(word) else 0.0
    return 0.7 * max(syllables, letters / 4, 0.5) + 0.15 * letters + 0.1 + drawn_out


def word_at(words: Sequence[WrittenWord], position: int) -> int:
    """Return the index of the word at `position` or, between words, of the next one (len(words) after the last)."""
    return bisect_right(words, position, key=lambda word: word.end)


def _is_currency(char: str) -> bool:
    return unicodedata.category(char) == "Sc"


def _spoken_char(char: str, before: str) -> str:
    if char in "\u2019\u02bc":
        return "'"
    if char in "\u200c\u200d":  # they shape letters in Indic and Persian words, and glue emoji together
        return char if before != " " else " "
    category = unicodedata.category(char)
    is_picture = category == "So" and char >= "\u2190"
    if is_picture or category[0] == "C" or char in _MUTE_SIGNS or char in "\ufe0e\ufe0f\u20e3":
        return " "
    return " " if "\U0001f3fb" <= char <= "\U0001f3ff" else char


def _chunks(token: str) -> list[str]:
    if not _UNSPACED.search(token):
        return [token]
    japanese = bool(_KANA.search(token))
    chunks: list[str] = []
    for cluster in _clusters(token):
        if chunks and not _breaks(chunks[-1], cluster, japanese=japanese):
            chunks[-1] += cluster
        else:
            chunks.append(cluster)
    return _without_stub(chunks)


def _without_stub(chunks: list[str]) -> list[str]:
    """Give a last chunk of one or two letters back to the one before, where chunks are longer than that."""
    if len(chunks) > 1 and _kind(chunks[-1]) == _kind(chunks[-2]) == "south_east_asian" and _letters(chunks[-1]) < 3:
        return [*chunks[:-2], chunks[-2] + chunks[-1]]
    return chunks


def _letters(chunk: str) -> int:
    return sum(unicodedata.category(char)[0] == "L" for char in chunk)


def _clusters(token: str) -> Iterable[str]:
    """Cut into what a reader sees as one character (marks, joiners and small kana stay with their base)."""
    cluster = ""
    for char in token:
        joins = unicodedata.category(char)[0] == "M" or char in "\u200b\u200c\u200d\u0e33\u0eb3ー々"
        if cluster and not joins and not cluster.endswith("\u200d"):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster


def _breaks(chunk: str, cluster: str, *, japanese: bool) -> bool:
    """Tell whether a new chunk starts at `cluster`."""
    opening = unicodedata.category(cluster[0]) in ("Ps", "Pi")
    if not is_spoken(cluster):
        return opening and is_spoken(chunk)
    if not is_spoken(chunk):
        return False  # opening brackets go with what they open
    if not is_spoken(chunk[-1]) and unicodedata.category(chunk[-1])[0] != "M":
        return bool(_UNSPACED.match(cluster)) or bool(_UNSPACED.search(chunk))
    last, this = _kind(chunk), _kind(cluster)
    if "other" in (last, this):
        return last != this
    if this == "south_east_asian" or last == "south_east_asian":
        return last != this or _south_east_asian_break(chunk, cluster)
    if japanese:
        return len(chunk) >= _JAPANESE_CHUNK or (last == "hiragana" and this != "hiragana")
    return len(chunk) >= _HAN_CHUNK


def _south_east_asian_break(chunk: str, cluster: str) -> bool:
    least, most = _SOUTH_EAST_ASIAN_CHUNK
    length = _letters(chunk)
    if chunk[-1] in _LEADING_VOWELS or cluster[0] in _TRAILING_VOWELS:
        return False
    return length >= most or (length >= least and cluster[0] in _LEADING_VOWELS)


def _kind(text: str) -> str:
    """The script of the last letter in `text`."""
    for char in reversed(text):
        if unicodedata.category(char)[0] == "L" or char.isdigit():
            return next((name for name, pattern in _KINDS if pattern.match(char)), "other")
    return "other"
