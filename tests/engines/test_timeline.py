from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import SceneError
from engines.timeline import LEAD_MS, TAIL_MS, SceneNeeds, plan_timeline
from models.canvas import FRAME_RATES

rates = st.sampled_from(sorted(FRAME_RATES.values()))
needs = st.builds(
    SceneNeeds,
    speech_ms=st.integers(0, 60_000),
    min_duration_ms=st.integers(0, 60_000),
    footage_ms=st.integers(1, 60_000),
    transition_ms=st.integers(0, 2_000),
)
stories = st.lists(needs, min_size=1, max_size=12)


@given(stories, rates)
def test_scenes_follow_each_other_without_gap(scenes: list[SceneNeeds], fps: Fraction):
    timeline = plan_timeline(scenes, fps=fps)
    assert [slot.index for slot in timeline.slots] == list(range(len(scenes)))
    assert timeline.slots[0].start_frame == 0
    assert all(one.start_frame + one.frame_count == other.start_frame for one, other in pairwise(timeline.slots))
    assert timeline.frame_count == sum(slot.frame_count for slot in timeline.slots)


@given(stories, rates)
def test_a_scene_lasts_as_long_as_it_needs_and_less_than_a_frame_more(scenes: list[SceneNeeds], fps: Fraction):
    for scene, slot in zip(scenes, plan_timeline(scenes, fps=fps).slots, strict=True):
        spoken_ms = LEAD_MS + scene.speech_ms + TAIL_MS if scene.speech_ms else 0
        needed_ms = max(spoken_ms, scene.min_duration_ms) or scene.footage_ms
        lasts_ms = 1000 * slot.frame_count / fps
        assert needed_ms <= lasts_ms < needed_ms + 1000 / fps
        assert slot.speech_offset_ms == (LEAD_MS if scene.speech_ms else 0)
        assert slot.speech_offset_ms + scene.speech_ms <= lasts_ms


@given(stories, rates, needs, st.data())
def test_a_changed_scene_never_changes_the_frames_of_another(
    scenes: list[SceneNeeds], fps: Fraction, other: SceneNeeds, data: st.DataObject
):
    at = data.draw(st.integers(0, len(scenes) - 1))
    before = plan_timeline(scenes, fps=fps).slots
    after = plan_timeline([*scenes[:at], other, *scenes[at + 1 :]], fps=fps).slots
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if index != at:
            assert new.frame_count == old.frame_count
            assert new.speech_offset_ms == old.speech_offset_ms
        if index not in (at, at + 1):
            assert new.transition_frames == old.transition_frames


@given(stories, rates)
def test_a_transition_takes_half_of_either_scene_at_most(scenes: list[SceneNeeds], fps: Fraction):
    slots = plan_timeline(scenes, fps=fps).slots
    assert slots[0].transition_frames == 0
    for scene, one, other in zip(scenes[1:], slots, slots[1:], strict=False):
        assert other.transition_frames <= min(one.frame_count, other.frame_count) / 2
        assert abs(other.transition_frames / fps - Fraction(scene.transition_ms, 1000)) <= 1 / (2 * fps) or (
            other.transition_frames == min(one.frame_count, other.frame_count) // 2
        )


def test_a_scene_without_any_length_is_named_by_the_number_it_is_known_by():
    with pytest.raises(SceneError, match=r"scene 2: .*min_duration_ms"):
        plan_timeline([SceneNeeds(speech_ms=500), SceneNeeds(transition_ms=300)], fps=Fraction(30))
    with pytest.raises(SceneError, match="scene 1: "):
        plan_timeline([SceneNeeds(footage_ms=500), SceneNeeds()], fps=Fraction(30), first_number=0)
