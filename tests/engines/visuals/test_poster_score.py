"""Laws of the score that chooses the poster's frame, on synthetic pictures."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.visuals.color import Pixels
from engines.visuals.poster_score import frame_score

SIZES = st.sampled_from([(1920, 1080), (960, 540), (720, 720), (540, 960)])


def picture(seed: int = 7, size: tuple[int, int] = (960, 540)) -> Pixels:
    """Boxes of all colours on grey: something that can be sharp."""
    rng = np.random.default_rng(seed)
    height, width = size
    image = np.full((height, width, 3), 120, np.uint8)
    side = min(size) // 9
    for _ in range(60):
        left, top = int(rng.integers(0, width - side)), int(rng.integers(0, height - side))
        color = tuple(int(value) for value in rng.integers(20, 240, 3))
        cv2.rectangle(image, (left, top), (left + side, top + side), color, -1)
    return image


def blurred(image: Pixels, *, share: float) -> Pixels:
    return cv2.GaussianBlur(image, (0, 0), share * min(image.shape[:2]))


def flat(image: Pixels, share: float) -> Pixels:
    return (120 + (image.astype(float) - 120) * share).astype(np.uint8)


def grainy(image: Pixels, strength: float) -> Pixels:
    grain = np.random.default_rng(1).normal(0, strength, image.shape[:2])[..., None]
    return np.clip(image + grain, 0, 255).astype(np.uint8)


@given(st.integers(0, 999), SIZES, st.floats(0.006, 0.03))
@settings(max_examples=12)
def test_sharp_beats_blurred_and_more_blur_is_no_gain(seed: int, size: tuple[int, int], share: float):
    sharp = picture(seed, size)
    soft, softer = (frame_score(blurred(sharp, share=times * share)) for times in (1, 2))
    assert frame_score(sharp) > soft
    assert softer <= soft * 1.1  # what is so soft that its sharpness no longer tells may look a little more compact


@given(st.integers(0, 999), SIZES, st.floats(0.1, 0.6))
@settings(max_examples=12)
def test_rich_beats_flat(seed: int, size: tuple[int, int], share: float):
    rich = picture(seed, size)
    assert frame_score(rich) > frame_score(flat(rich, share)) >= 0


@given(st.integers(0, 999), st.sampled_from([0, 3, 128, 250, 255]), SIZES)
@settings(max_examples=12)
def test_black_white_and_empty_frames_come_last(seed: int, level: int, size: tuple[int, int]):
    rich = picture(seed, size)
    assert frame_score(np.full_like(rich, level)) == 0
    burnt = np.clip(rich.astype(int) * 6, 0, 255).astype(np.uint8)
    for worse in (rich // 12, burnt):
        assert frame_score(rich) > 1.2 * frame_score(worse)


@pytest.mark.parametrize("axis", [0, 1])
def test_what_was_moved_is_blurred_though_sharp_along_the_other_axis(axis: int):
    sharp = picture()
    length = [1, 1]
    length[axis] = 40
    assert frame_score(sharp) > 1.3 * frame_score(cv2.blur(sharp, (length[0], length[1])))


@pytest.mark.parametrize("strength", [6, 14])
def test_grain_does_not_pass_for_sharpness(strength: float):
    sharp = picture(size=(1920, 1080))
    soft = blurred(sharp, share=0.015)
    assert frame_score(grainy(soft, strength)) < 0.75 * frame_score(sharp)
    assert frame_score(grainy(sharp, strength)) == pytest.approx(frame_score(sharp), rel=0.1)


def test_colours_beat_grey_and_count_for_less_than_sharpness():
    colourful = picture()
    grey = np.repeat(cv2.cvtColor(colourful, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    assert frame_score(colourful) > frame_score(grey) > frame_score(blurred(colourful, share=0.03))


def test_a_planet_beats_a_grey_plain_of_stones():
    rng = np.random.default_rng(3)
    plain = np.zeros((960, 540, 3), np.uint8)
    stones = rng.integers(20, 190, (120, 135)).astype(np.uint8)
    plain[480:] = cv2.resize(stones, (540, 480), interpolation=cv2.INTER_NEAREST)[..., None]
    planet = np.zeros((960, 540, 3), np.uint8)
    cv2.circle(planet, (270, 400), 190, (40, 90, 190), -1, cv2.LINE_AA)
    for _ in range(40):
        place = (int(rng.integers(130, 400)), int(rng.integers(270, 530)))
        cv2.circle(planet, place, 24, (210, 190, 120), -1, cv2.LINE_AA)
    assert frame_score(planet) > frame_score(plain)
