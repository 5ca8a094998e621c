import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.audio.words import attach_silent, is_spoken, split_words, spoken_text, weight, word_at

SCRIPTS = "abcÉß 019.,!?—…\"'“”()[]{}#$%&*_<>\n\t 今天気はがカタ、。「」สวัสดีเแ้ำ नमस्तेمرحبا🚀👩‍🚀🇩🇪1️⃣\u200b\x01\u00a0"
texts = st.one_of(st.text(max_size=60), st.text(alphabet=SCRIPTS, max_size=60))


def without_space(text: str) -> str:
    return "".join(text.split())


@given(texts)
def test_words_hold_every_written_character_once_and_in_order(text: str) -> None:
    words = split_words(text)
    assert "".join(word.text for word in words) == without_space(text)
    assert all(text[word.start : word.end] == word.text for word in words)
    assert all(before.end <= after.start for before, after in pairwise(words))


@given(texts)
def test_attached_words_keep_everything_and_each_one_is_spoken(text: str) -> None:
    words = attach_silent(split_words(text), text)
    assert without_space("".join(word.text for word in words)) == without_space(text)
    assert len(words) <= 1 or all(is_spoken(word.text) for word in words)


@given(texts)
def test_spoken_text_keeps_places_and_has_no_control_characters(text: str) -> None:
    spoken = spoken_text(text)
    assert len(spoken) == len(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") for char in spoken)
    spoken.encode()


@given(texts)
def test_every_word_weighs_something(text: str) -> None:
    assert all(weight(word.text) > 0 for word in split_words(text))


@given(texts, st.integers(0, 80))
def test_word_at_finds_the_word_there_or_the_next_one(text: str, position: int) -> None:
    words = split_words(text)
    index = word_at(words, position)
    assert all(word.end <= position for word in words[:index])
    assert index == len(words) or words[index].end > position


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NASA's Apollo 11 — a well-known craft!", ["NASA's", "Apollo", "11 —", "a", "well-known", "craft!"]),
        ("🚀 Up we go 😀", ["🚀 Up", "we", "go 😀"]),
        ("🔥🔥", ["🔥🔥"]),
        ("今天天气很好,我们去。", ["今天", "天气", "很好,", "我们", "去。"]),
        ("今日は天気がいいです。「はい」", ["今日は", "天気がいいです。", "「はい」"]),
        ("在1969年 and", ["在", "1969", "年", "and"]),
        ("สวัสดีครับ ผมชื่อจอห์น", ["สวัสดีครับ", "ผมชื่อจอห์น"]),
    ],
)
def test_words_of_many_scripts(text: str, expected: list[str]) -> None:
    assert [word.text for word in attach_silent(split_words(text), text)] == expected


@given(st.text(alphabet="สวัดีเแโไครบ้ำ์ ", max_size=40))
def test_marks_and_leading_vowels_stay_with_their_consonant(text: str) -> None:
    for before, after in pairwise(split_words(text)):
        if before.end == after.start:
            assert unicodedata.category(after.text[0])[0] != "M"
            assert before.text[-1] not in "เแโไ"
