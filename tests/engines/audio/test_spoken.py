from hypothesis import given
from hypothesis import strategies as st

from engines.audio.spoken import plain_text, read_phrases
from models.voice import Pronunciation

PIECES = [
    "word",
    "*loud*",
    "**very loud**",
    "[pause 400ms]",
    "[pause]",
    "5 * 3",
    "f*ck",
    "SQL",
    "🚀",
    "*",
    "a,",
    "*two w*",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join))
def test_every_spoken_character_has_its_place_and_marks_never_show(text: str):
    entries = (Pronunciation(written="SQL", spoken="sequel"), Pronunciation(written="word", spoken=""))
    phrases = read_phrases(text, pronunciations=entries)
    for phrase in phrases:
        assert len(phrase.origin) == len(phrase.spoken)
        assert list(phrase.origin) == sorted(phrase.origin)
        assert all(0 <= place < len(phrase.written) for place in phrase.origin)
        assert "pause" not in phrase.written
    shown = " ".join(" ".join(phrase.written for phrase in phrases).split())
    assert shown == plain_text(text)
    assert shown.count("*") == text.replace("**", "*").count("*") - 2 * sum(len(p.stressed) for p in phrases)


@given(st.text(max_size=60))
def test_a_text_without_marks_is_spoken_as_written(text: str):
    plain = text.replace("*", "").replace("[", "")
    (phrase,) = read_phrases(plain)
    assert phrase.written == phrase.spoken == plain
    assert (phrase.stressed, phrase.pause_ms) == ((), 0)


def test_pauses_cut_a_narration():
    phrases = read_phrases("One[pause 0.25s]two [PAUSE] three [ pause 1200 ms ]")
    assert [(phrase.written.strip(), phrase.pause_ms) for phrase in phrases] == [
        ("One", 250),
        ("two", 500),
        ("three", 1200),
        ("", 0),
    ]


def test_only_paired_asterisks_around_words_are_emphasis():
    def marked(text: str) -> list[str]:
        return [p.written[s:e] for p in read_phrases(text) for s, e in p.stressed]

    assert marked("This is *really* good, **so good**!") == ["really", "so good"]
    assert marked("(*yes*) “*no*”") == ["yes", "no"]
    for plain in ("2 * 3 * 4", "only $5*", "f*ck and sh*t", "** nothing **", "a*b*c", "* list item", r"\*kept*"):
        assert marked(plain) == []
        assert plain_text(plain) == plain


def test_pronunciations_are_found_in_whole_words_and_the_longest_counts():
    def said(text: str, **entries: str) -> str:
        found = tuple(Pronunciation(written=key.replace("_", " "), spoken=value) for key, value in entries.items())
        return read_phrases(text, pronunciations=found)[0].spoken

    assert said("SQL, NoSQL and sql.", SQL="sequel") == "sequel, NoSQL and sql."
    assert said("Nguyen NGUYEN", nguyen="win") == "win win"
    assert said("New York  City, New York", New_York="A", New_York_City="B") == "B, A"
    assert said("我在重庆市", 重庆="崇庆") == "我在崇庆市"
    assert said("*SQL*!", SQL="sequel") == "sequel!"
