"""Which frame of which scene a preview shows at a time."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import FrameOutOfRange
from engines.timebase import frame_at
from models.timeline import SceneSlot, Timeline
from tasks.preview import moments, overview

FPS = Fraction(30)


def timeline(*counts: int) -> Timeline:
    starts = [sum(counts[:index]) for index in range(len(counts))]
    slots = [
        SceneSlot(index=index, start_frame=start, frame_count=count)
        for index, (start, count) in enumerate(zip(starts, counts, strict=True))
    ]
    return Timeline(fps=FPS, slots=tuple(slots))


@given(counts=st.lists(st.integers(1, 90), min_size=1, max_size=5), share=st.floats(0, 1, exclude_max=True))
def test_every_time_shows_the_frame_of_the_timeline_that_covers_it(counts: list[int], share: float):
    whole = timeline(*counts)
    time_ms = int(whole.frame_count * 1000 / 30 * share)
    scene, frame = moments((time_ms,), whole)[time_ms]
    assert 0 <= frame < counts[scene]
    assert sum(counts[:scene]) + frame == frame_at(time_ms, FPS)


@pytest.mark.parametrize("time_ms", [-1, -5000, 2000, 99_000])
def test_a_time_before_the_start_or_after_the_end_is_the_askers_mistake(time_ms: int):
    with pytest.raises(FrameOutOfRange, match=f"no frame at {time_ms} ms: the short is 2000 ms long"):
        moments((0, time_ms), timeline(15, 45))


def test_an_overview_has_three_frames_of_each_scene_or_one_of_each_of_many():
    assert [frame for _, frame in overview(timeline(10, 1))] == [1, 5, 9, 0, 0, 0]
    assert overview(timeline(*[3] * 25)) == tuple((scene, 1) for scene in range(25))
