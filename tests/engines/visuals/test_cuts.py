"""Cuts are found where they are, and nowhere else."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.visuals.cuts import Change, by_shot, cut_times
from engines.visuals.glances import ClipPart, dense_glances
from tests.media import constant_rate, make_video


def changes(steps: list[float], *, apart_ms: int = 40) -> list[Change]:
    return [Change(number * apart_ms, each) for number, each in enumerate(steps, start=1)]


def test_a_cut_is_a_change_that_nothing_around_it_is_like():
    steps = [1.0] * 30 + [60.0] + [2.0] * 30 + [25.0] + [1.0] * 10
    assert cut_times(changes(steps)) == (31 * 40, 62 * 40)


@pytest.mark.parametrize(
    "steps",
    [
        [1.0] * 60,
        [30.0] * 60,  # a camera that is swung
        [10.0, 20.0, 30.0, 40.0, 30.0, 20.0, 10.0] * 5,
        [1.0] * 30 + [12.0] + [1.0] * 30,  # a small thing that appears
        [1.0] * 5 + [90.0] + [1.0] * 60,  # too early to be a shot
        [],
    ],
)
def test_what_is_no_cut(steps: list[float]):
    assert cut_times(changes(steps)) == ()


def test_a_flash_is_one_cut_at_most():
    assert len(cut_times(changes([1.0] * 30 + [90.0, 90.0] + [1.0] * 30))) <= 1


@given(st.lists(st.integers(0, 9_000), min_size=1, unique=True), st.lists(st.integers(500, 8_000), unique=True))
def test_every_frame_is_in_one_shot_and_in_order(times: list[int], cuts: list[int]):
    timed = [(at_ms, at_ms) for at_ms in sorted(times)]
    shots = by_shot(timed, sorted(cuts))
    assert [frame for _, frames in shots for frame in frames] == timed
    begins = [begin for begin, _ in shots]
    assert begins[0] == 0
    assert set(begins[1:]) <= set(cuts)
    assert all(one < other for one, other in pairwise(begins))


@pytest.mark.parametrize(("gop", "b_frames"), [(12, 0), (250, 0), (250, 3)])
def test_cuts_of_a_real_clip_are_found_to_the_frame(tmp_path: Path, gop: int, b_frames: int):
    random = np.random.default_rng(4)
    shots = [np.kron(random.integers(0, 256, (6, 10, 3)), np.ones((20, 20, 1))).astype(np.uint8) for _ in range(3)]
    pictures = [np.roll(shots[number // 40], number, axis=1) for number in range(120)]
    path = make_video(
        tmp_path / "a.mp4",
        pts_ms=constant_rate(120, 25),
        pictures=pictures,
        size=(200, 120),
        gop=gop,
        b_frames=b_frames,
    )
    assert dense_glances(ClipPart(path, 0, 4800, "a")).cuts_ms == (1600, 3200)
    assert dense_glances(ClipPart(path, 1000, 4800, "a")).cuts_ms == (600, 2200)
