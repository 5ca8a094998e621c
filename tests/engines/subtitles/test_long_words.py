import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.clusters import clusters
from engines.subtitles.long_words import LEAST_SCALE, part_words, spoken_words
from engines.subtitles.typeset import CaptionLibrary, typeset
from models.caption_settings import Captions
from models.captions import CaptionedScene, WordPart
from models.timeline import WordTiming

INVISIBLE = "\u2060\u200e\u200f"
ADDRESS = "https://www.example-shop.org/spring_sale/TheWholeRange/index.php?id=20261121&ref=short"


def split(text: str, *, width: int = 18, language: str = "de", as_written: str = "") -> tuple[WordTiming, ...]:
    word = WordTiming(text=text, start_ms=100, end_ms=2100)
    written = as_written or text
    return part_words([word], as_written=[written], measure=len, max_width_px=width, language=language)


def parts(text: str, **options: object) -> list[str]:
    return [part.text for part in split(text, **options)]


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("Geschwindigkeitsbegrenzung", "de-AT", ["Geschwindig-", "keitsbegrenzung"]),
        ("GESCHWINDIGKEITSBEGRENZUNG!", "de", ["GESCHWINDIG-", "KEITSBEGRENZUNG!"]),
        ("Hochschul-Forschungszentrum.", "de", ["Hochschul-", "Forschungszentrum."]),
        ("Datenschutz/Verbraucherrechte", "de", ["Datenschutz/", "Verbraucherrechte"]),
        ("„достопримечательностями“,", "ru", ["„достопримеча-", "тельностями“,"]),
    ],
)
def test_a_much_too_wide_word_is_parted_as_its_language_does(text, language, shown):
    assert parts(text, language=language) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://example.org/a/very/long/path", ["https://", "example.org/a/", "very/long/path"]),
        ("(https://example.org/a/very/long/path).", ["(https://", "example.org/a/", "very/long/path)."]),
        ("jane.doe-smith@mail.example-company.org", ["jane.doe-smith@", "mail.example-", "company.org"]),
        ("@a_name_that_is_too_long_to_fit", ["@a_name_that_is_", "too_long_to_fit"]),
        ("#ThisIsAVeryLongHashtagForYou", ["#ThisIsAVeryLong", "HashtagForYou"]),
        ("snake_case_name_that_goes_on_and_on", ["snake_case_", "name_that_", "goes_on_and_on"]),
        ("getElementsByClassNameHTML", ["getElementsBy", "ClassNameHTML"]),
        ("1,000,000,000,000,000,000,000", ["1,000,000,000,", "000,000,000,000"]),
        ("123456789012345678901234", ["123456789012", "345678901234"]),
        ("search?q=one&page=2&sort=new", ["search?q=one&", "page=2&sort=new"]),
    ],
)
def test_an_address_a_name_or_a_number_is_parted_behind_its_signs_and_gets_no_hyphen(text, shown):
    assert parts(text, language="en") == shown


def test_a_name_inside_an_address_is_rather_set_smaller_than_torn():
    assert parts("https://aratherlongdomain.org/", width=18)[1:] == ["aratherlongdomain.", "org/"]
    assert "example." in parts("https://www.example.org/start/page", width=7)


def test_capitals_of_captions_hide_no_hump():
    assert parts("GETELEMENTSBYCLASSNAMEHTML", as_written="getElementsByClassNameHTML") == [
        "GETELEMENTSBY",
        "CLASSNAMEHTML",
    ]


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("Xyzzqrtplkwvbnmsdfghjklqwrtzp", "de", ["Xyzzqrtplkwvb-", "nmsdfghjklqwrtzp"]),  # no rule knows a syllable
        ("Geschwindigkeitsbegrenzung", "ko", ["Geschwindigk-", "eitsbegrenzung"]),  # no rules at all
        (
            "달은멀어집니다달은멀어집니다달은멀어집니다달은",
            "ko",
            ["달은멀어집니다달은멀어", "집니다달은멀어집니다달은"],
        ),
        ("!" * 31, "en", ["!" * 15, "!" * 16]),
    ],
)
def test_what_no_rule_parts_is_parted_in_the_middle(text, language, shown):
    assert parts(text, language=language) == shown


def test_letters_that_are_drawn_together_stay_together():
    text = "ক্ষ" * 20
    found = parts(text, language="bn")
    assert len(found) >= 3
    assert {len(part) % 3 for part in found} == {0}


def test_a_word_that_fits_a_little_smaller_stays_whole():
    text = "Lichtteilchenforschung"
    assert parts(text, width=int(len(text) * LEAST_SCALE) + 1) == [text]
    assert len(parts(text, width=int(len(text) * LEAST_SCALE) - 1)) == 2


ANY_WORD = st.one_of(
    st.text("abcdeilnorst", min_size=1, max_size=40),
    st.text("abcXYZ019/.-_?&=#@:%~é👍🏽ক্ষ한ع", min_size=1, max_size=60),
)


@given(ANY_WORD, st.integers(4, 30))
def test_parts_fit_say_the_word_and_share_its_time(text, width):
    found = split(text, width=width, language="en")
    assert re.sub("-", "", "".join(part.text for part in found)) == text.replace("-", "")
    if len(found) > 1:
        assert all(len(part.text) <= max(width / LEAST_SCALE, *map(len, clusters(text))) for part in found)
    assert all(isinstance(part, WordPart) and part.joined for part in found[:-1])
    assert not isinstance(found[-1], WordPart)
    assert (found[0].start_ms, found[-1].end_ms) == (100, 2100)
    assert all(before.end_ms == after.start_ms for before, after in pairwise(found))


@given(st.text("abcXYZ019/.-_?&=", min_size=1, max_size=60).map(lambda tail: "x.org/" + tail), st.integers(4, 30))
def test_nothing_is_added_to_an_address(text, width):
    assert "".join(parts(text, width=width, language="en")) == text


# --- on the page -------------------------------------------------------------------------------------------------


def pages_of(script: str) -> Iterator[tuple[float, float, str]]:
    """Yield start and end in seconds and raw text of every event of text."""
    fields = r"^Dialogue: \d+,0:(\d\d):([\d.]+),0:(\d\d):([\d.]+),Text,,0,0,0,,(.*)$"
    for found in re.finditer(fields, script, re.MULTILINE):
        yield int(found[1]) * 60 + float(found[2]), int(found[3]) * 60 + float(found[4]), found[5]


@pytest.fixture
def set_captions(tmp_path, library: CaptionLibrary, speak):
    def run(text: str, **fields: object) -> tuple[str, str]:
        words = speak(text)
        scene = CaptionedScene(number=1, words=words, start_ms=0, duration_ms=words[-1].end_ms + 400)
        result = typeset(
            [scene],
            captions=Captions(**fields),
            canvas_px=(1080, 1920),
            library=library,
            language="en",
            output_dir=tmp_path,
        )
        assert result.scenes[0] is not None
        return result.scenes[0].read_text(encoding="utf-8"), result.srt.read_text(encoding="utf-8")

    return run


@pytest.mark.parametrize("preset", ["karaoke", "classic", "minimal", "one-word"])
def test_an_address_is_set_as_large_as_other_words_in_every_preset(set_captions, preset):
    script, srt = set_captions(f"Order at {ADDRESS} today.", preset=preset)
    sizes = {float(size) for _, _, text in pages_of(script) for size in re.findall(r"\\fs([\d.]+)", text)}
    assert min(sizes) >= LEAST_SCALE * max(sizes)
    assert len(sizes) == 1 or preset == "one-word"  # a name inside is set a little smaller there, and not torn
    lines = dict.fromkeys(re.sub(rf"\{{[^}}]*\}}|[{INVISIBLE} ]", "", text) for _, _, text in pages_of(script))
    assert ADDRESS.casefold() in "".join(lines).casefold()
    assert ADDRESS in srt


def test_all_parts_of_a_word_light_up_together(set_captions):
    script, _ = set_captions("Visit https://example.org/start/page now.", preset="karaoke", max_words=5)
    by_time: dict[tuple[float, float], list[str]] = {}
    for start, end, text in pages_of(script):
        by_time.setdefault((start, end), []).append(text)
    lit = [tuple(word for text in texts for word in _lit(text)) for texts in by_time.values()]
    assert [words for words in lit if words] == [("Visit",), ("https://example.", "org/start/page"), ("now.",)]


def _lit(text: str) -> list[str]:
    """Return the words of an event that are not white."""
    runs = re.findall(r"\\1c&H([0-9A-F]{6})&[^}]*\}([^{]*)", text)
    return [re.sub(f"[{INVISIBLE} ]", "", word) for color, word in runs if color != "FFFFFF"]


def test_spoken_words_are_ranges_of_parts():
    word = WordTiming(text="a", start_ms=0, end_ms=1)
    part = WordPart(text="b", start_ms=0, end_ms=1)
    assert [list(span) for span in spoken_words([word, part, part, word, word])] == [[0], [1, 2, 3], [4]]
    assert [list(span) for span in spoken_words([word, part])] == [[0], [1]]
