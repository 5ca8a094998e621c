"""What is told of scenes to the steps that make their pictures."""

from fractions import Fraction

import pytest
from pydantic import ValidationError

from engines.errors import SceneError
from models.artifacts import ArtifactRef
from models.picture import MotionName, TransitionName
from models.scene import Scene
from models.shots import Plate, Shot, Window
from models.timeline import Narration, SceneSlot, Timeline, WordTiming
from tasks.shots import PUNCH_MS, framings, previous, timed

REF = ArtifactRef(uri="x", sha256="0" * 64, size=1, media_type="x")
SHOT = Shot(picture=Plate(blob=REF, width_px=4, height_px=4), window_to=Window(x=0.1, y=0.1, width=0.8, height=0.8))
WORDS = ("The", "Moon", "is", "distant,", "oh", "Moon!")
SPEECH = Narration(
    audio=REF,
    duration_ms=3000,
    words=tuple(WordTiming(text=word, start_ms=500 * at, end_ms=500 * at + 400) for at, word in enumerate(WORDS)),
)
TIMELINE = Timeline(
    fps=Fraction(30),
    slots=(
        SceneSlot(index=0, start_frame=0, frame_count=90, speech_offset_ms=100),
        SceneSlot(index=1, start_frame=90, frame_count=90, transition_frames=9),
    ),
)


def scene(**fields: object) -> Scene:
    return Scene(**{"narration": " ".join(WORDS), "visual": "a.jpg", "motion": "punch_in", **fields})


@pytest.mark.parametrize(("word", "at_ms"), [("moon", 500), ("Distant", 1500), ("", 1500), ("MOON!", 500)])
def test_a_punch_happens_with_its_word(word: str, at_ms: int):
    shot = timed(SHOT, scene(motion_word=word), SPEECH, TIMELINE, 0)
    assert shot.move_from_ms < 100 + at_ms < shot.move_to_ms
    assert shot.move_to_ms == shot.move_from_ms + PUNCH_MS


def test_a_punch_without_words_happens_at_a_third_and_in_both_halves():
    both = SHOT.model_copy(update={"second": SHOT})
    shot = timed(both, scene(narration="", min_duration_ms=3000), None, TIMELINE, 0)
    assert shot.second
    assert 900 < shot.move_from_ms == shot.second.move_from_ms < 1000


def test_other_moves_take_all_the_scene():
    assert timed(SHOT, scene(motion="zoom_in"), SPEECH, TIMELINE, 0) == SHOT


def test_a_word_that_is_not_said_is_a_mistake():
    with pytest.raises(ValidationError, match="motion_word"):
        scene(motion_word="sun")


def test_an_unknown_look_names_its_scene():
    with pytest.raises(SceneError, match=r"scene 2: no look 'sparkle'"):
        framings([scene(), scene(effects=("sparkle",))])


def test_as_much_of_a_clip_is_watched_as_may_be_shown():
    scenes = [scene(), scene(narration="Moon " * 20), scene(narration="Moon " * 90), scene(end_ms=2900)]
    assert [framing.watched_ms for framing in framings(scenes)] == [3_000, 12_000, 12_000, 3_000]


def test_colours_rest_and_neighbours_differ():
    scenes = [scene(motion="auto", visual=visual) for visual in ("a.jpg", "color:#000000", "b.jpg", "c.jpg")]
    motions = [framing.still_motion for framing in framings(scenes)]
    assert motions[1] is MotionName.NONE
    assert motions[2] is not motions[3]
    assert {framing.motion for framing in framings(scenes)} == {MotionName.NONE}


def test_a_transition_is_that_of_the_scene_that_comes_in():
    scenes, shots = [scene(), scene(transition="whip")], {0: SHOT, 1: SHOT}
    assert previous(scenes, shots, TIMELINE, 0) is None
    found = previous(scenes, shots, TIMELINE, 1)
    assert found
    assert (found.transition.name, found.transition_frames, found.frame_count) == ("whip", 9, 90)
    assert previous([scene(), scene(transition=TransitionName.CUT)], shots, TIMELINE, 1) is None
