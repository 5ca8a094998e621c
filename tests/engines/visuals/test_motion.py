from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.visuals.easing import eased
from engines.visuals.following import followed
from engines.visuals.motion import (
    MOST_TRAVEL,
    PUNCH_ZOOM,
    choose_motions,
    clip_motion,
    easing_of,
    room_for,
    window_at,
    window_during,
    window_path,
)
from models.artifacts import ArtifactRef
from models.picture import Easing, Fit, MotionName
from models.shots import FULL_WINDOW, Plate, Shot, Window, WindowKey

CANVAS = (1080, 1920)
MOVES = [motion for motion in MotionName if motion is not MotionName.AUTO]
motions = st.sampled_from(MOVES)
sides = st.integers(1080, 2600).map(lambda side: side // 4 * 4)
REF = ArtifactRef(uri="x", sha256="0" * 64, size=1, media_type="x")


def path_of(motion: MotionName, picture_px: tuple[int, int] = (1244, 2208), **settings: Any) -> tuple[Window, Window]:
    return window_path(motion, picture_px=picture_px, canvas_px=CANVAS, **{"room": (1.15, 1.15), **settings})


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


@given(motions, st.integers(400, 5000), st.integers(400, 5000), st.sampled_from(Fit))
def test_a_move_has_room_and_fills_the_canvas_with_its_window(motion: MotionName, width: int, height: int, fit: Fit):
    room = room_for(motion, picture_px=(width, height), canvas_px=CANVAS, fit=fit)
    assert min(room) >= 1
    assert max(room) <= max(MOST_TRAVEL, PUNCH_ZOOM)
    plate = round(CANVAS[0] * room[0] / 4) * 4, round(CANVAS[1] * room[1] / 4) * 4
    for window in path_of(motion, plate, room=room):
        shown = window.width * plate[0] / (window.height * plate[1])
        assert shown == pytest.approx(CANVAS[0] / CANVAS[1], rel=0.01)


def test_a_pan_over_a_wide_picture_shows_what_a_crop_would_hide():
    pan, zoom = (
        room_for(motion, picture_px=(4000, 3000), canvas_px=CANVAS, fit=Fit.COVER)
        for motion in (MotionName.PAN_LEFT, MotionName.ZOOM_IN)
    )
    assert pan == (MOST_TRAVEL, 1.0)
    assert zoom[0] == zoom[1]


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_zoom_goes_to_the_subject_as_far_as_the_picture_reaches(x: float, y: float):
    _, end = path_of(MotionName.ZOOM_IN, focus=(x, y))
    for focus, start, length in ((x, end.x, end.width), (y, end.y, end.height)):
        assert start - 1e-9 <= focus <= start + length + 1e-9
        assert start == pytest.approx(min(1 - length, max(0, focus - length / 2)), abs=1e-6)


@pytest.mark.parametrize("motion", [motion for motion in MOVES if motion is not MotionName.PUNCH_IN])
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
        (MotionName.DRIFT, 0, 1, -1),
        (MotionName.PUNCH_IN, -1, 0, 0),
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


@pytest.mark.parametrize("easing", [easing for easing in Easing if easing is not Easing.AUTO])
def test_every_easing_goes_from_start_to_end_without_turning(easing: Easing):
    way = [eased(step / 50, easing) for step in range(-5, 56)]
    assert way == sorted(way)
    assert (way[5], way[55], way[0], way[-1]) == (0, 1, 0, 1)


def test_a_punch_happens_at_its_time():
    shot = shot_of(MotionName.PUNCH_IN, move_from_ms=800, move_to_ms=1000)
    assert window_during(shot, 0.79, duration_s=3) == shot.window_from
    assert window_during(shot, 1.0, duration_s=3) == window_during(shot, 3, duration_s=3) == shot.window_to
    assert shot.window_from.width > window_during(shot, 0.9, duration_s=3).width > shot.window_to.width


@given(st.lists(st.tuples(st.integers(100, 900), st.floats(0, 0.5)), min_size=1, max_size=8))
def test_a_window_that_follows_goes_through_its_keys_and_never_past_them(steps: list[tuple[int, float]]):
    times = list(accumulate(gap_ms for gap_ms, _ in steps))
    keys = tuple(
        WindowKey(at_ms=at_ms, window=Window(x=x, y=0, width=0.5, height=1))
        for at_ms, (_, x) in zip(times, steps, strict=True)
    )
    for key in keys:
        assert followed(keys, key.at_ms).x == pytest.approx(key.window.x, abs=1e-9)
    for one, other in pairwise(keys):
        xs = [followed(keys, one.at_ms + (other.at_ms - one.at_ms) * step / 20).x for step in range(21)]
        low, high = sorted((one.window.x, other.window.x))
        assert low - 1e-9 <= min(xs) <= max(xs) <= high + 1e-9
    assert followed(keys, 0).x == keys[0].window.x
    assert followed(keys, times[-1] + 500).x == keys[-1].window.x


@given(st.lists(st.sampled_from(MotionName), min_size=1, max_size=30))
def test_automatic_moves_differ_from_their_neighbours_and_named_ones_are_taken(wanted: list[MotionName]):
    chosen = choose_motions(wanted)
    for index, (asked, motion) in enumerate(zip(wanted, chosen, strict=True)):
        if asked is MotionName.AUTO:
            assert motion not in (MotionName.AUTO, MotionName.NONE)
            assert motion not in chosen[max(0, index - 1) : index] + chosen[index + 1 : index + 2]
            assert clip_motion(asked) is MotionName.NONE
        else:
            assert motion is clip_motion(asked) is asked
    assert path_of(MotionName.NONE, room=(1, 1)) == (FULL_WINDOW, FULL_WINDOW)


def test_a_named_easing_is_taken_and_auto_suits_the_move():
    assert easing_of(MotionName.PAN_LEFT, Easing.LINEAR) is Easing.LINEAR
    assert easing_of(MotionName.PAN_LEFT, Easing.AUTO) is Easing.EASE_IN_OUT
    assert easing_of(MotionName.PUNCH_IN, Easing.AUTO) is Easing.EASE_OUT
