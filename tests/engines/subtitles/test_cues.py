from hypothesis import given
from hypothesis import strategies as st

from engines.subtitles.cues import make_cues, scene_words
from models.captions import CaptionedScene
from models.timeline import WordTiming

WORDS = st.lists(
    st.tuples(st.text(alphabet="abcdefg.,", min_size=1, max_size=20), st.integers(0, 900), st.integers(1, 700)),
    max_size=40,
)


@st.composite
def shorts(draw: st.DrawFn) -> list[CaptionedScene]:
    scenes, start_ms = [], 0
    for number, drawn in enumerate(draw(st.lists(WORDS, max_size=4)), start=1):
        words, at_ms = [], 0
        for text, gap_ms, length_ms in drawn:
            words.append(WordTiming(text=text, start_ms=at_ms + gap_ms, end_ms=at_ms + gap_ms + length_ms))
            at_ms = words[-1].end_ms
        offset_ms, tail_ms = draw(st.integers(0, 400)), draw(st.integers(0, 2000))
        duration_ms = offset_ms + at_ms + tail_ms
        scenes.append(
            CaptionedScene(
                number=number,
                words=tuple(words),
                speech_offset_ms=offset_ms,
                start_ms=start_ms,
                duration_ms=duration_ms,
            )
        )
        start_ms += duration_ms
    return scenes


@given(shorts())
def test_cues_say_every_word_in_order(scenes):
    said = " ".join(cue.text.replace("\n", " ") for cue in make_cues(scenes, language="en"))
    assert said.split() == [word.text for scene in scenes for word in scene.words]


@given(shorts())
def test_cues_are_short_enough_to_read_and_never_overlap(scenes):
    cues = make_cues(scenes, language="en")
    edges = [edge for cue in cues for edge in (cue.start_ms, cue.end_ms)]
    assert edges == sorted(edges)
    for cue in cues:
        lines = cue.text.split("\n")
        assert len(lines) <= 2
        assert all(len(line) <= 42 for line in lines)


@given(shorts())
def test_a_cue_lasts_a_second_where_there_is_room(scenes):
    cues = make_cues(scenes, language="en")
    end_ms = max((scene.start_ms + scene.duration_ms for scene in scenes), default=0)
    for cue, next_ms in zip(cues, [*(cue.start_ms for cue in cues), end_ms][1:], strict=True):
        assert cue.end_ms - cue.start_ms >= min(1000, next_ms - cue.start_ms)


def test_cues_have_the_shorts_own_time_and_whole_sentences(speak):
    words = speak("The sea is calm today. Gulls sleep on the warm stones, and nobody hurries.")
    scene = CaptionedScene(number=2, words=words, speech_offset_ms=250, start_ms=10_000, duration_ms=9000)
    first, second = make_cues([scene], language="en")
    assert first.start_ms == 10_250
    assert first.text == "The sea is calm today."
    assert second.start_ms == 10_250 + words[5].start_ms
    assert second.text.replace("\n", " ") == "Gulls sleep on the warm stones, and nobody hurries."


def test_emoji_stay_in_sidecars(speak):
    scene = CaptionedScene(number=1, words=speak("nice 🎉 day"), start_ms=0, duration_ms=5000)
    assert make_cues([scene], language="en")[0].text == "nice 🎉 day"


def test_no_word_lasts_longer_than_its_scene():
    words = (WordTiming(text="now", start_ms=100, end_ms=900), WordTiming(text="late", start_ms=1500, end_ms=1900))
    scene = CaptionedScene(number=1, words=words, speech_offset_ms=300, start_ms=5000, duration_ms=1000)
    assert [(word.start_ms, word.end_ms) for word in scene_words(scene)] == [(400, 1000), (1000, 1000)]
