from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.script import BACKDROPS, FEWEST_WORDS, MOST_WORDS, scenes_of, split_script
from models.picture import TransitionName
from models.scene import Scene
from models.spec import ShortSpec

words = st.text("abcdeÉßжअ漢", min_size=1, max_size=9)
marks = st.sampled_from(["", "", "", ",", ".", "!", "?", "…", "。", '."', ".)", ";", ":"])
gaps = st.sampled_from([" ", " ", " ", "\n", "  ", "\n\n", "\r\n\r\n", "\t"])
texts = st.lists(st.tuples(words, marks, gaps), min_size=1, max_size=120).map(
    lambda parts: "".join(word + mark + gap for word, mark, gap in parts)
)


@given(texts)
def test_every_word_is_kept_in_order(script: str):
    assert "".join("".join(split_script(script)).split()) == "".join(script.split())


@given(texts)
def test_no_scene_is_empty_or_has_line_breaks(script: str):
    for scene in split_script(script):
        assert scene == " ".join(scene.split())
        assert scene


@given(st.lists(st.integers(1, MOST_WORDS), min_size=1, max_size=30))
def test_short_sentences_are_joined_and_long_ones_left_alone(lengths: list[int]):
    sentences = [f"{'Word ' * (length - 1)}End." for length in lengths]
    scenes = split_script(" ".join(sentences))
    counts = [len(scene.split()) for scene in scenes]
    assert all(count <= MOST_WORDS for count in counts)
    assert all(count >= FEWEST_WORDS or count + following > MOST_WORDS for count, following in pairwise(counts))


@pytest.mark.parametrize(
    ("script", "scenes"),
    [
        (
            "One two three four five six. Seven and the rest of it.",
            ("One two three four five six.", "Seven and the rest of it."),
        ),
        (
            "It costs 3.50 dollars in the U.S. today, e.g. here.",
            ("It costs 3.50 dollars in the U.S. today, e.g. here.",),
        ),
        ("First part\n\nSecond part", ("First part", "Second part")),
        ("No. Yes. Well then, let us go now.", ("No. Yes. Well then, let us go now.",)),
        (
            'She said "Come in and sit down." He did as he was told.',
            ('She said "Come in and sit down."', "He did as he was told."),
        ),
        ("  \n ", ()),
    ],
)
def test_a_script_is_cut_where_a_speaker_would_pause(script: str, scenes: tuple[str, ...]):
    assert split_script(script) == scenes


def test_scenes_of_a_script_take_its_visuals_in_turn_and_fade():
    script = "One two three four five six.\n\nAnd again.\n\nThe end."
    scenes = scenes_of(ShortSpec(title="x", script=script, visuals=("a.png", "b.png")))
    assert [scene.visual for scene in scenes] == ["a.png", "b.png", "a.png"]
    assert [scene.transition for scene in scenes] == [TransitionName.CUT, TransitionName.FADE, TransitionName.FADE]
    assert [scene.visual for scene in scenes_of(ShortSpec(title="x", script=script))] == list(BACKDROPS[:3])


def test_scenes_that_are_given_stay_as_they_are():
    given_scenes = (Scene(narration="a", visual="b.png"),)
    assert scenes_of(ShortSpec(title="x", scenes=given_scenes)) == given_scenes
