from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.visuals.motion import MOST_ZOOM, choose_motion, headroom, window_at, window_path
from models.artifacts import ArtifactRef
from models.shots import FULL_WINDOW, Plate, Shot, Window
from models.spec import MotionName

CANVAS = (1080, 1920)
MOVES = [motion for motion in MotionName if motion is not MotionName.AUTO]
motions = st.sampled_from(MOVES)
sides = st.integers(1080, 2600).map(lambda side: side // 4 * 4)
REF = ArtifactRef(uri="x", sha256="0" * 64, size=1, media_type="x")


def path_of(motion: MotionName, picture_px: tuple[int, int] = (1244, 2208)) -> tuple[Window, Window]:
    return window_path(motion, picture_px=picture_px, canvas_px=CANVAS)


def shot_of(motion: MotionName, **settings: Any) -> Shot:
    window_from, window_to = path_of(motion)
    picture = Plate(blob=REF, width_px=1244, height_px=2208)
    return Shot(picture=picture, window_from=window_from, window_to=window_to, **settings)


@given(motions, sides, st.floats(-0.5, 1.5))
def test_the_window_stays_inside_the_picture(motion: MotionName, side: int, progress: float):
    window_from, window_to = path_of(motion, (side, side * 16 // 9 // 4 * 4 + 4))
    picture = Plate(blob=REF, width_px=side, height_px=side)
    window = window_at(Shot(picture=picture, window_from=window_from, window_to=window_to), progress)
    for start, length in ((window.x, window.width), (window.y, window.height)):
        assert start >= -1e-9
        assert length > 0
        assert start + length <= 1 + 1e-9


@given(motions, sides)
def test_nothing_is_enlarged_past_the_most_zoom(motion: MotionName, side: int):
    for window in path_of(motion, (side, 1920 * side // 1080)):
        assert window.width * side >= 1080 / MOST_ZOOM - 1e-6
    assert headroom(motion) in (1, MOST_ZOOM)


@pytest.mark.parametrize("motion", MOVES)
def test_a_move_begins_and_ends_at_its_windows_and_slows_down_there(motion: MotionName):
    shot = shot_of(motion)
    assert window_at(shot, 0) == shot.window_from
    assert window_at(shot, 1) == shot.window_to
    xs = [window_at(shot, step / 100).x for step in range(101)]
    steps = [abs(other - one) for one, other in pairwise(xs)]
    assert steps[0] <= steps[50] / 10
    assert steps[-1] <= steps[50] / 10


@pytest.mark.parametrize(
    ("motion", "grows", "dx", "dy"),
    [
        (MotionName.ZOOM_IN, -1, 0, 0),
        (MotionName.ZOOM_OUT, 1, 0, 0),
        (MotionName.PAN_LEFT, 0, -1, 0),
        (MotionName.PAN_RIGHT, 0, 1, 0),
        (MotionName.PAN_UP, 0, 0, -1),
        (MotionName.PAN_DOWN, 0, 0, 1),
        (MotionName.NONE, 0, 0, 0),
    ],
)
def test_moves_go_where_their_names_say(motion: MotionName, grows: int, dx: int, dy: int):
    start, end = path_of(motion)

    def sign(value: float) -> int:
        return 0 if abs(value) < 1e-9 else int(value > 0) or -1

    assert sign(end.width - start.width) == sign(end.height - start.height) == grows
    assert sign((end.x + end.width / 2) - (start.x + start.width / 2)) == dx
    assert sign((end.y + end.height / 2) - (start.y + start.height / 2)) == dy


def test_a_linear_move_is_even():
    shot = shot_of(MotionName.PAN_RIGHT, easing="linear")
    xs = [window_at(shot, step / 10).x for step in range(11)]
    assert [other - one for one, other in pairwise(xs)] == pytest.approx([xs[-1] / 10] * 10)


@given(st.integers(0, 500))
def test_automatic_moves_differ_between_neighbours_and_leave_clips_alone(index: int):
    moves = [choose_motion(MotionName.AUTO, scene_index=index + step, is_still=True) for step in (0, 1)]
    assert moves[0] is not moves[1]
    assert MotionName.AUTO not in moves
    assert choose_motion(MotionName.AUTO, scene_index=index, is_still=False) is MotionName.NONE


@given(motions, st.booleans())
def test_a_wanted_move_is_taken(motion: MotionName, is_still: bool):
    assert choose_motion(motion, scene_index=3, is_still=is_still) is motion
    assert path_of(MotionName.NONE) == (FULL_WINDOW, FULL_WINDOW)
