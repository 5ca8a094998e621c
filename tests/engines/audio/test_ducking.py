"""The ducking curve by itself: down while somebody speaks, up where nobody does, and never abruptly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engines.audio.ducking import STEP_MS, duck_curve

VOICE = 0.1
DEPTH_DB = 12.0
DOWN = 10 ** (-DEPTH_DB / 20)


def curve(*spoken_ms: tuple[int, int], total_ms: int = 6000, level: float = VOICE) -> NDArray[np.float32]:
    """The bed's gain at every 10 ms under speech of one level in these spans."""
    levels = np.zeros(total_ms // STEP_MS, np.float32)
    for start_ms, stop_ms in spoken_ms:
        levels[start_ms // STEP_MS : stop_ms // STEP_MS] = level
    return duck_curve(levels, voice_level=VOICE, depth_db=DEPTH_DB)


def at(gains: NDArray[np.float32], time_ms: int) -> float:
    return float(gains[time_ms // STEP_MS])


@given(starts=st.lists(st.integers(0, 550), max_size=4), length=st.integers(1, 50))
def test_the_bed_is_down_on_both_edges_of_every_spoken_step_and_within_its_depth(starts: list[int], length: int):
    spans = [(10 * start, min(6000, 10 * (start + length))) for start in starts]
    gains = curve(*spans)
    assert len(gains) == 601
    assert gains.min() >= DOWN - 1e-6
    assert gains.max() <= 1
    for start_ms, stop_ms in spans:
        assert np.allclose(gains[start_ms // 10 : stop_ms // 10 + 1], DOWN)


def test_the_bed_goes_down_before_the_first_word_and_comes_up_after_a_moment():
    gains = curve((2000, 3000))
    assert at(gains, 1740) == 1
    assert DOWN < at(gains, 1900) < 1
    assert at(gains, 3120) == pytest.approx(DOWN)
    assert at(gains, 3200) > DOWN
    assert at(gains, 3560) < 1
    assert at(gains, 3580) == 1


def test_the_way_down_begins_and_ends_softly():
    gains = -20 * np.log10(curve((2000, 3000)))
    steps = np.abs(np.diff(gains))
    steepest = steps.max()
    for soft_ms in (1750, 1990, 3120, 3560):
        assert steps[soft_ms // STEP_MS] < 0.2 * steepest


@pytest.mark.parametrize(("gap_ms", "stays_down"), [(300, True), (990, True), (1000, False), (2000, False)])
def test_the_bed_stays_down_between_words_but_not_in_a_real_pause(gap_ms: int, stays_down: bool):
    gains = curve((1000, 2000), (2000 + gap_ms, 4500))
    between = gains[200 : 200 + gap_ms // STEP_MS + 1]
    assert np.allclose(between, DOWN) is stays_down


@pytest.mark.parametrize(("below_db", "is_heard"), [(0, True), (33, True), (35, False), (60, False)])
def test_breath_is_not_speech(below_db: float, is_heard: bool):
    gains = curve((2000, 3000), level=VOICE * 10 ** (-below_db / 20))
    assert bool((gains < 1).any()) is is_heard
