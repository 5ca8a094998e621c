"""Where the music rests: silent there, eased around it, and begun and ended by its own fades."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.audio.bed import Bed
from engines.audio.ducking import STEP_MS
from engines.audio.rests import played_span, rest_curve
from engines.timebase import ms_to_sample
from models.audio import Loop

TOTAL_MS = 20_000


@pytest.mark.parametrize(
    ("rests_ms", "played_ms"),
    [
        ([], (0, TOTAL_MS)),
        ([(0, 3_000)], (3_000, TOTAL_MS)),
        ([(17_000, TOTAL_MS)], (0, 17_000)),
        ([(14_000, 17_500), (0, 3_000)], (3_000, TOTAL_MS)),
        ([(0, 3_000), (19_400, 19_900)], (3_000, 19_400)),
        ([(0, 10_000), (10_500, TOTAL_MS)], None),
    ],
)
def test_music_begins_and_ends_where_it_is_heard(rests_ms, played_ms):
    assert played_span(rests_ms, total_ms=TOTAL_MS) == played_ms


@given(st.lists(st.tuples(st.integers(0, TOTAL_MS), st.integers(0, 5_000)), max_size=3))
def test_a_rest_is_silent_and_changes_nothing_far_from_it(spans):
    rests = [(begin, begin + length) for begin, length in spans]
    gains = rest_curve(rests, total=ms_to_sample(TOTAL_MS))
    times = np.arange(len(gains)) * STEP_MS
    assert len(gains) == TOTAL_MS // STEP_MS + 1
    inside, near = np.zeros(len(gains), bool), np.zeros(len(gains), bool)
    for begin, end in rests:
        inside |= (times >= begin) & (times <= end)
        near |= (times > begin - 300) & (times < end + 300)
    assert (gains[inside] == 0).all()
    assert (gains[~near] == 1).all()
    assert (np.abs(np.diff(gains))[~(inside[1:] & inside[:-1])] < 0.06).all()


def bed(start: int, total: int) -> Bed:
    track, seam = np.full((4_000, 2), 8_000, np.int16), np.zeros((0, 2), np.float32)
    return Bed(track, Loop(start=0, end=4_000, fade=0, likeness=1.0), seam, 1.0, total, 1, 1, start)


@given(st.integers(0, 9_000), st.integers(1, 3_000), st.integers(100, 3_000), st.integers(0, 5_000))
def test_a_later_bed_is_the_same_bed_later(first, length, total, start):
    lane = bed(start, total).block(first, first + length)
    whole = bed(0, total).block(0, total)
    expected = np.zeros((first + length + start + total, 2), np.float32)
    expected[start : start + total] = whole
    assert np.array_equal(lane, expected[first : first + length])
