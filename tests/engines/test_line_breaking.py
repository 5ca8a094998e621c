import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.line_breaking import break_lines, largest_fit

MARKS = "。、，ー」ๆำะา"


def lines(text: str, *, room: float = 14, most: int = 5) -> tuple[str, ...]:
    broken = break_lines(text, measure=len, room_px=room, max_lines=most)
    assert broken is not None
    return broken.texts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Why the sea is salty", ("Why the sea", "is salty")),
        ("The one thing you must never, ever do", ("The one thing", "you must", "never, ever do")),
        ("Two worlds — one sun", ("Two worlds —", "one sun")),
        ("Seen from afar 🔭 👩🏾‍🚀 tonight", ("Seen from", "afar 🔭 👩🏾‍🚀", "tonight")),
        ("夜空はタイムマシンです。光には時間が必要です", ("夜空はタイムマシンです。", "光には時間が必要です")),
    ],
)
def test_lines_are_even_and_end_where_a_reader_would_part_them(text, shown):
    assert lines(text) == shown


@given(
    st.text(alphabet="ab —🌍夜空はタイムです。、ท้องฟ้ายามค่ำ ", min_size=1, max_size=60).filter(str.strip),
    st.integers(4, 20),
)
def test_lines_fit_keep_every_letter_and_begin_with_no_mark(text, room):
    broken = break_lines(text, measure=len, room_px=room, max_lines=6, cut_words=True)
    if broken is not None:
        assert "".join(broken.texts).replace(" ", "") == "".join(text.split())
        assert all(len(line) <= room for line in broken.texts)
        assert len(broken.texts) <= 6


@given(st.lists(st.text("abcdefgh", min_size=3, max_size=7), min_size=2, max_size=14), st.integers(10, 30))
def test_as_few_lines_as_need_be(words, room):
    text = " ".join(words)
    greedy, line = 1, ""
    for word in words:
        line, greedy = (
            (f"{line} {word}".strip(), greedy) if len(f"{line} {word}".strip()) <= room else (word, greedy + 1)
        )
    assert len(lines(text, room=room, most=greedy)) == greedy


def test_a_phrase_is_torn_only_where_it_has_to_be():
    text = "夜空是一台时光机，光需要时间才能来到我们身边"
    whole = break_lines(text, measure=len, room_px=14, max_lines=4)
    torn = break_lines("タイムマシンです", measure=len, room_px=5, max_lines=4)
    assert whole.is_whole
    assert torn is not None
    assert not torn.is_whole
    assert not [line for line in torn.texts if line[0] in MARKS]


def test_what_needs_too_many_lines_does_not_fit():
    assert break_lines("four words of text", measure=len, room_px=5, max_lines=3) is None
    assert break_lines("incomprehensible", measure=len, room_px=5, max_lines=3) is None
    cut = break_lines("incomprehensible", measure=len, room_px=6, max_lines=3, cut_words=True)
    assert cut.texts == ("incomp", "rehens", "ible")


@pytest.mark.parametrize(
    ("text", "shown", "least"),
    [
        ("夜空はタイムマシンです", ("夜空は", "タイムマシンです"), 0.7),
        ("フォローしてください", ("フォロー", "してください"), 0.8),
    ],
)
def test_a_title_is_smaller_where_that_keeps_words_together(text, shown, least):
    def lines_at(size):
        return break_lines(
            text, measure=lambda line: len(line) * size, room_px=len(shown[1]) * least + 0.1, max_lines=4
        )

    size, found = largest_fit(1.0, 0.1, lines_at)
    assert found.texts == shown
    assert size >= 0.94 * least


def largest(text: str, *, language: str, room: float = 100) -> tuple[float, tuple[str, ...]]:
    found = largest_fit(
        20,
        2,
        lambda size: break_lines(
            text, measure=lambda part: len(part) * size, room_px=room, max_lines=4, language=language
        ),
    )
    assert found is not None
    return found[0], found[1].texts


def test_a_word_that_would_make_all_of_a_title_small_is_hyphenated():
    whole_px, whole = largest("Donaudampfschifffahrtsgesellschaft", language="")
    size_px, texts = largest("Donaudampfschifffahrtsgesellschaft", language="de-AT")
    assert whole == ("Donaudampfschifffahrtsgesellschaft",)
    assert size_px > 2 * whole_px
    assert all(line.endswith("-") for line in texts[:-1])
    assert "".join(texts).replace("-", "") == whole[0]


def test_a_word_stays_whole_where_that_costs_little():
    assert largest("A warm cauliflower", language="en", room=200)[1] == ("A warm", "cauliflower")
    assert largest("Grandmothers", language="en", room=190)[1] == ("Grandmothers",)


def test_behind_a_hyphen_of_its_own_a_word_gets_no_other_one():
    assert largest("Kraftfahrzeug-Haftpflicht", language="de", room=260)[1] == ("Kraftfahrzeug-", "Haftpflicht")


@given(
    st.lists(st.sampled_from(["Internationalization", "of", "Bundesverfassungsgericht", "e-mail"]), max_size=5),
    st.integers(5, 30),
)
def test_hyphens_add_nothing_but_themselves_and_keep_lines_inside(words, room):
    text = " ".join(["Why", *words])
    broken = break_lines(text, measure=len, room_px=room, max_lines=20, language="de")
    if broken is not None:
        assert all(len(line) <= room for line in broken.texts)
        added = sum(line.endswith("-") for line in broken.texts)
        assert broken.hyphens <= added
        assert "".join(broken.texts).translate({ord("-"): "", ord(" "): ""}) == text.translate(
            {ord("-"): "", ord(" "): ""}
        )
