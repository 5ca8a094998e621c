import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.subtitles.pages import HOLD_GAP_MS, TAIL_MS, paginate
from models.captions import Page
from models.timeline import WordTiming

TOKENS = st.text(alphabet="abcdefgWM.,!?…", min_size=1, max_size=30)


@st.composite
def spoken_words(draw: st.DrawFn) -> tuple[WordTiming, ...]:
    words, at_ms = [], 0
    for text in draw(st.lists(TOKENS, min_size=0, max_size=40)):
        at_ms += draw(st.integers(0, 1500))
        end_ms = at_ms + draw(st.integers(0, 900))
        words.append(WordTiming(text=text, start_ms=at_ms, end_ms=end_ms))
        at_ms = end_ms
    return tuple(words)


@st.composite
def layouts(draw: st.DrawFn) -> tuple[tuple[WordTiming, ...], tuple[Page, ...], dict[str, int]]:
    words = draw(spoken_words())
    limits = {
        "max_lines": draw(st.integers(1, 3)),
        "max_words": draw(st.integers(1, 8)),
        "max_width_px": draw(st.integers(8, 40)),
        "scene_end_ms": draw(st.integers(0, 60_000)),
    }
    return words, paginate(words, measure=len, **limits), limits


@given(layouts())
def test_every_word_stands_once_and_in_order(layout):
    words, pages, _ = layout
    assert tuple(word for page in pages for word in page.words) == words


@given(layouts())
def test_pages_keep_their_limits(layout):
    _, pages, limits = layout
    for page in pages:
        assert 1 <= len(page.lines) <= limits["max_lines"]
        spoken = [word for word in page.words if any(char.isalnum() for char in word.text)]
        assert page.words
        assert len(spoken) <= limits["max_words"]
        for line in page.lines:
            assert len(" ".join(word.text for word in line)) * page.scale <= limits["max_width_px"] + 1e-6


@given(layouts())
def test_only_a_too_wide_word_shrinks_a_page(layout):
    _, pages, limits = layout
    for page in pages:
        assert (page.scale < 1) == any(len(word.text) > limits["max_width_px"] for word in page.words)


@given(layouts())
def test_pages_never_overlap_and_stay_in_the_scene(layout):
    _, pages, limits = layout
    edges = [edge for page in pages for edge in (page.start_ms, page.end_ms)]
    assert edges == sorted(edges)
    assert all(edge <= limits["scene_end_ms"] for edge in edges)


@given(layouts())
def test_pages_start_with_their_first_word_and_hold_through_short_gaps(layout):
    words, pages, limits = layout
    if words and words[-1].end_ms > limits["scene_end_ms"]:
        return
    starts = [*(page.start_ms for page in pages), limits["scene_end_ms"]][1:]
    for page, next_ms in zip(pages, starts, strict=True):
        gap_ms = next_ms - page.words[-1].end_ms
        assert page.start_ms == page.words[0].start_ms
        assert page.end_ms == (next_ms if gap_ms < HOLD_GAP_MS else page.words[-1].end_ms + TAIL_MS)


def test_pages_break_where_a_reader_pauses(speak):
    text = (
        "Wow! Honey never spoils, and bees have made it for a very long time. "
        "Archaeologists found it in the tombs of Egypt."
    )
    pages = _texts(speak(text))
    assert pages[0] == "Wow!"
    assert not any("." in page[:-1] or "," in page[:-1] for page in pages)
    assert not any(page.split()[-1] in ("and", "a", "in", "the", "of", "for", "very") for page in pages)


def test_no_word_is_left_alone_where_that_can_be_avoided(speak):
    assert all(len(page.split()) > 1 for page in _texts(speak("seven plain words stand here without commas")))


def test_an_abbreviation_does_not_end_a_sentence(speak):
    assert "Mr. Smith" in _texts(speak("Mr. Smith went home."))[0]


def test_a_long_pause_turns_the_page(speak):
    words = (*speak("before the break"), *speak("after the break", start_ms=5000))
    assert _texts(words) == ["before the break", "after the break"]


def test_two_lines_are_balanced(speak):
    (page,) = paginate(
        speak("one two three four"), max_lines=2, max_words=4, max_width_px=12, measure=len, scene_end_ms=9000
    )
    assert [[word.text for word in line] for line in page.lines] == [["one", "two"], ["three", "four"]]


def test_a_word_alone_is_worse_than_a_phrase_that_is_torn(speak):
    pages = paginate(
        speak("A bee makes one spoon of honey in its life"),
        max_lines=1,
        max_words=2,
        max_width_px=10,
        measure=len,
        scene_end_ms=9000,
    )
    assert [len(page.words) for page in pages] == [2, 2, 2, 2, 2]


def test_a_line_breaks_by_sense_where_that_costs_little_balance(speak):
    (page,) = paginate(
        speak("The horses ran"), max_lines=2, max_words=4, max_width_px=10, measure=len, scene_end_ms=9000
    )
    assert [[word.text for word in line] for line in page.lines] == [["The", "horses"], ["ran"]]


@pytest.mark.parametrize("text", ["it is extraordinarily good to read", "the extraordinarily", "extraordinarily it"])
def test_a_too_wide_word_shrinks_no_other(speak, text):
    pages = paginate(speak(text), max_lines=2, max_words=6, max_width_px=10, measure=len, scene_end_ms=9000)
    assert [[word.text for word in page.words] for page in pages if page.scale < 1] == [["extraordinarily"]]


@pytest.mark.parametrize("emoji", ["🌍", "👩🏾‍🚀", "❤️", "🇩🇪🇫🇷", "–"])
def test_an_emoji_stays_with_what_it_belongs_to_and_is_no_word_of_a_page(speak, emoji):
    pages = _texts(speak(f"It takes the long way. {emoji} Nobody knew that before then!"), width=24)
    assert pages == [f"It takes the long way. {emoji}", "Nobody knew that before then!"]


def test_no_clause_leaves_its_first_words_on_the_page_before(speak):
    pages = _texts(speak("Light needs time, and it takes the long way round. I see it every day."), width=22)
    assert pages == ["Light needs time,", "and it takes", "the long way round.", "I see it every day."]


@pytest.mark.parametrize(
    ("language", "text", "torn"),
    [
        ("ru", "Свету нужно время, и он всегда идёт длинным путём.", ("и", "он")),
        ("hi", "प्रकाश को समय चाहिए, और वह लंबा रास्ता लेता है।", ("और",)),
        ("nl", "Licht heeft tijd nodig en het neemt altijd de lange weg.", ("en", "het", "de")),
        ("xx", "Eno nita dova, ku rimo sela toni mara vedi.", ("ku",)),
    ],
)
def test_phrases_stay_together_in_other_languages(speak, language, text, torn):
    pages = _texts(speak(text), width=26, language=language)
    assert not [page for page in pages if page.split()[-1] in torn]
    assert not [page for page in pages if page.split()[0] in ("को", "है।")]


def _texts(words, *, width=16, language="en"):
    pages = paginate(
        words, max_lines=2, max_words=5, max_width_px=width, measure=len, scene_end_ms=60_000, language=language
    )
    return [" ".join(word.text for word in page.words) for page in pages]
