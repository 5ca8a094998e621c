from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.subtitles.cues import make_cues
from engines.subtitles.unspaced import split_unspaced
from models.captions import CaptionedScene
from models.timeline import WordTiming

MARKS = "、。」ーっ"
SENTENCES = {
    "th": "ดวงจันทร์เคลื่อนออกห่างจากเราปีละสี่เซนติเมตร",
    "zh": "月球每年都会离我们远去大约四厘米，这是科学家测量的结果。",
    "zh-TW": "月球每年都會離我們遠去大約四公分，這是科學家測量的結果。",
    "ja": "月は毎年、約四センチメートルずつ私たちから遠ざかっています。",
}


def split(text: str, *, width: int = 10, language: str = "en") -> tuple[WordTiming, ...]:
    word = WordTiming(text=text, start_ms=500, end_ms=2500)
    return split_unspaced([word], measure=len, max_width_px=width, language=language)


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
def test_sentences_are_cut_into_phrases_that_take_their_time_in_turn(language, text):
    pieces = split(text, language=language)
    assert len(pieces) > 4
    assert "".join(piece.text for piece in pieces) == text
    assert all(len(piece.text) <= 10 for piece in pieces)
    assert [piece.joined for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    edges = [edge for piece in pieces for edge in (piece.start_ms, piece.end_ms)]
    assert edges == sorted(edges)
    assert (edges[0], edges[-1]) == (500, 2500)


@given(st.text(alphabet="月は毎年約四センチ" + MARKS, min_size=1, max_size=40), st.integers(3, 12))
def test_no_line_begins_with_a_closing_mark(text, width):
    texts = [piece.text for piece in split(text, width=width, language="ja")]
    assert "".join(texts) == text
    for before, piece in pairwise(texts):
        assert piece[0] not in MARKS or all(char in MARKS for char in before[1:])


def test_a_chinese_particle_stays_with_what_it_belongs_to():
    texts = [piece.text for piece in split("光需要时间，它总是走很长的路才来到我们身边。", language="zh")]
    assert not [text for text in texts if text[0] in "的了们"]
    assert any(text.endswith("的") for text in texts)


def test_other_scripts_stay_whole():
    assert [piece.text for piece in split("incomprehensibilities")] == ["incomprehensibilities"]
    assert [piece.text for piece in split("달은멀어집니다", width=3)] == ["달은멀어집니다"]


def test_cues_have_no_spaces_between_phrases():
    words = (WordTiming(text=SENTENCES["zh"], start_ms=0, end_ms=6000),)
    cues = make_cues([CaptionedScene(number=1, words=words, start_ms=0, duration_ms=6000)], language="zh")
    assert "".join(cue.text for cue in cues) == SENTENCES["zh"]


@pytest.mark.parametrize(
    ("width", "texts"),
    [(5, ["タイムマシン", "です。"]), (7, ["タイムマシン", "です。"]), (9, ["タイムマシンです。"])],
)
def test_a_loan_word_stays_whole_where_it_need_not_be_set_much_smaller(width, texts):
    pieces = [piece.text for piece in split("タイムマシンです。", width=width, language="ja")]
    assert pieces == texts
