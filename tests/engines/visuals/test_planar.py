from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.visuals.motion import window_at, window_path
from engines.visuals.planar import Frame, blend, frame_size, new_frame, planes
from engines.visuals.resampling import Picture, resample, with_margin
from models.artifacts import ArtifactRef
from models.picture import MotionName
from models.shots import FULL_WINDOW, Plate, Shot, Window

PICTURE, CANVAS = (620, 420), (540, 364)
REF = ArtifactRef(uri="x", sha256="0" * 64, size=1, media_type="x")
FRAMES = 90


def ramp(width_px: int, height_px: int, *, across: float, down: float) -> Frame:
    """A frame whose planes rise evenly: value = 40 + across * u + down * v, with u and v from 0 to 1 over the plane."""
    frame = new_frame(width_px, height_px)
    for plane in planes(frame):
        rows, columns = plane.shape
        u, v = (np.arange(columns) + 0.5) / columns, ((np.arange(rows) + 0.5) / rows)[:, None]
        plane[:] = np.rint(40 + across * u + down * v)
    return frame


windows = st.builds(
    lambda width, height, x, y: Window(x=x * (1 - width), y=y * (1 - height), width=width, height=height),
    *(st.floats(0.6, 1) for _ in range(2)),
    *(st.floats(0, 1) for _ in range(2)),
)


def test_planes_are_views_that_cover_the_frame():
    frame = new_frame(16, 8)
    for value, plane in enumerate(planes(frame)):
        plane[:] = value
    assert [plane.shape for plane in planes(frame)] == [(8, 16), (4, 8), (4, 8)]
    assert np.bincount(frame.ravel()).tolist() == [128, 32, 32]
    assert frame_size(frame) == (16, 8)


BOTH = pytest.mark.parametrize("picture", [Picture.of, with_margin], ids=["plain", "with a margin"])


@BOTH
@given(window=windows)
def test_an_even_ramp_is_resampled_to_what_the_window_shows_of_it(picture: Callable[[Frame], Picture], window: Window):
    across, down = 100, 80
    shown = resample(picture(ramp(*PICTURE, across=across, down=down)), window, new_frame(*CANVAS))
    for plane in planes(shown):
        rows, columns = plane.shape
        u = window.x + window.width * (np.arange(columns) + 0.5) / columns
        v = window.y + window.height * ((np.arange(rows) + 0.5) / rows)[:, None]
        errors = plane - (40 + across * u + down * v)
        inner = errors[2:-2, 2:-2]  # at the picture's very edge there is nothing to mix with
        assert np.abs(inner).max() <= 1.1
        assert abs(inner.mean()) <= 0.1


@BOTH
def test_the_whole_window_at_the_same_size_changes_nothing(picture: Callable[[Frame], Picture]):
    noise = np.random.default_rng(1).integers(0, 256, (96, 64), dtype=np.uint8)
    assert np.array_equal(resample(picture(noise), FULL_WINDOW, new_frame(64, 64)), noise)


@given(window=windows)
def test_a_margin_changes_no_pixel_by_more_than_the_tolerance_does(window: Window):
    """The ramp rises by a level every three pixels: a twenty-fifth of a pixel is no more than a rounding."""
    frame = ramp(*PICTURE, across=200, down=10)
    plain, margined = (
        resample(picture(frame), window, new_frame(*CANVAS)).astype(int) for picture in (Picture.of, with_margin)
    )
    assert np.abs(plain - margined).max() <= 1


@BOTH
@given(x=st.integers(0, 40), y=st.integers(0, 28))
def test_a_window_of_whole_pixels_is_a_crop(picture: Callable[[Frame], Picture], x: int, y: int):
    noise = np.random.default_rng(2).integers(0, 256, (96 * 3 // 2, 128), dtype=np.uint8)
    window = Window(x=2 * x / 128, y=2 * y / 96, width=48 / 128, height=40 / 96)
    shown = resample(picture(noise), window, new_frame(48, 40))
    assert np.array_equal(shown[:40], noise[2 * y : 2 * y + 40, 2 * x : 2 * x + 48])


def spot_path(motion: MotionName, easing: str) -> np.ndarray:
    """Where a soft spot is seen in each frame of a slow move: (frames, 2), in canvas pixels, and where it should be."""
    width, height = PICTURE
    center = np.array([width * 0.37, height * 0.56])
    x, y = np.arange(width) + 0.5, (np.arange(height) + 0.5)[:, None]
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    distance = (x - center[0]) ** 2 + (y - center[1]) ** 2
    picture[:height] = np.rint(16 + 200 * np.exp(-distance / (2 * 4**2)))
    start, end = window_path(motion, picture_px=PICTURE, canvas_px=CANVAS, room=(1.15, 1.15))
    plate = Plate(blob=REF, width_px=width, height_px=height)
    board = with_margin(picture)
    shot = Shot(picture=plate, window_from=start, window_to=end, easing=easing)
    found = []
    for number in range(FRAMES):
        window = window_at(shot, number / FRAMES)
        light = resample(board, window, new_frame(*CANVAS))[: CANVAS[1]].astype(float) - 16
        seen_x = (light.sum(0) * (np.arange(CANVAS[0]) + 0.5)).sum() / light.sum()
        seen_y = (light.sum(1) * (np.arange(CANVAS[1]) + 0.5)).sum() / light.sum()
        exact_x = (center[0] / width - window.x) / window.width * CANVAS[0]
        exact_y = (center[1] / height - window.y) / window.height * CANVAS[1]
        found.append((seen_x, seen_y, exact_x, exact_y))
    return np.array(found)


@pytest.mark.parametrize("easing", ["linear", "ease_in_out"])
@pytest.mark.parametrize("motion", [m for m in MotionName if m not in (MotionName.AUTO, MotionName.NONE)])
def test_slow_moves_are_smooth_within_a_tenth_of_a_pixel(motion: MotionName, easing: str):
    path = spot_path(motion, easing)
    wobble = path[:, :2] - path[:, 2:]
    assert np.abs(wobble - wobble.mean(axis=0)).max() < 0.1
    jerks = np.diff(path[:, :2], n=2, axis=0) - np.diff(path[:, 2:], n=2, axis=0)
    assert np.abs(jerks).max() < 0.2


def test_whole_pixel_steps_would_be_noticed():
    path = spot_path(MotionName.PAN_RIGHT, "linear")
    stepped = np.rint(path[:, 0]) - path[:, 2]
    assert np.abs(stepped - stepped.mean()).max() > 0.3


@given(st.integers(0, 255), st.integers(0, 255), st.floats(0, 1))
def test_a_blend_is_exact_to_half_a_step(under: int, over: int, opacity: float):
    frames = (np.full((6, 4), value, np.uint8) for value in (under, over))
    mixed = blend(*frames, opacity, new_frame(4, 4))
    assert np.abs(mixed - (under + (over - under) * opacity)).max() <= 0.5 + 1e-6
