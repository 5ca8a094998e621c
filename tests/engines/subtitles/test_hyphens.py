from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.subtitles.hyphens import LEAST_SCALE, hyphenate
from models.timeline import WordTiming


def parts(text: str, *, width: int = 18, language: str = "de") -> list[str]:
    word = WordTiming(text=text, start_ms=100, end_ms=2100)
    return [part.text for part in hyphenate([word], measure=len, max_width_px=width, language=language)]


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("Geschwindigkeitsbegrenzung", "de-AT", ["Geschwindig-", "keitsbegrenzung"]),
        ("GESCHWINDIGKEITSBEGRENZUNG!", "de", ["GESCHWINDIG-", "KEITSBEGRENZUNG!"]),
        ("Hochschul-Forschungszentrum.", "de", ["Hochschul-", "Forschungszentrum."]),
        ("„достопримечательностями“,", "ru", ["„достопримеча-", "тельностями“,"]),
    ],
)
def test_a_much_too_wide_word_is_parted_as_its_language_does(text, language, shown):
    assert parts(text, language=language) == shown


@pytest.mark.parametrize(
    "text", ["example.org/a/very/long/path", "@a_name_that_is_too_long_to_fit", "123456789012345678901234"]
)
def test_what_is_no_word_stays_whole(text):
    assert parts(text) == [text]


def test_a_word_that_fits_a_little_smaller_stays_whole():
    text = "Lichtteilchenforschung"
    assert parts(text, width=int(len(text) * LEAST_SCALE) + 1) == [text]
    assert len(parts(text, width=int(len(text) * LEAST_SCALE) - 1)) == 2


def test_a_language_without_rules_keeps_its_words():
    assert parts("Geschwindigkeitsbegrenzung", language="ko") == ["Geschwindigkeitsbegrenzung"]


@given(st.text("abcdeilnorst", min_size=1, max_size=40), st.integers(4, 30))
def test_parts_fit_say_the_word_and_share_its_time(text, width):
    word = WordTiming(text=text, start_ms=100, end_ms=2100)
    found = hyphenate([word], measure=len, max_width_px=width, language="en")
    assert "".join(part.text.removesuffix("-") for part in found) == text
    if len(found) > 1:
        assert all(len(part.text) <= width for part in found)
    assert (found[0].start_ms, found[-1].end_ms) == (100, 2100)
    assert all(before.end_ms == after.start_ms for before, after in pairwise(found))
