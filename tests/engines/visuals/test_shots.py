from pathlib import Path

import numpy as np
import pytest

from engines.timebase import frame_to_seconds
from engines.visuals.shots import LoadedShot, open_shot
from models.shots import Footage, Shot, Window, WindowKey
from tests.engines.visuals.scenes import FPS, REF, VIDEO, counted, grey, plate
from tests.media import constant_rate, counted_number, make_video


def test_a_still_at_rest_is_its_plate_untouched(tmp_path: Path):
    picture = grey(77)
    source, clip = open_shot(plate(tmp_path / "a.npy", picture), VIDEO, frame_count=5)
    with source:
        assert clip is source
        assert clip.size == (VIDEO.width_px, VIDEO.height_px)
        assert clip.duration == pytest.approx(5 / 30)
        assert all(np.array_equal(clip.get_frame(frame_to_seconds(number, FPS)), picture) for number in range(5))


def test_a_moving_window_shows_the_canvas_size(tmp_path: Path):
    picture = grey(40)
    picture[: VIDEO.height_px, VIDEO.width_px // 2 :] = 200
    still = plate(tmp_path / "a.npy", picture)
    left, right = (Window(x=x, y=0.25, width=0.5, height=0.5) for x in (0, 0.5))
    shot = still.shot.model_copy(update={"window_from": left, "window_to": right})
    source, clip = open_shot(still._replace(shot=shot), VIDEO, frame_count=30)
    with source:
        first, last = (clip.get_frame(t)[: VIDEO.height_px].copy() for t in (0, clip.duration))
    assert first.shape == last.shape == (VIDEO.height_px, VIDEO.width_px)
    assert first[:, :120].max() == 40
    assert last[:, 8:].min() == 200


def test_footage_plays_forwards_may_skip_and_never_goes_back(tmp_path: Path):
    source, clip = open_shot(counted(tmp_path / "clip.mp4", 40), VIDEO, frame_count=40)
    with source:
        seen = [counted_number(clip.get_frame(frame_to_seconds(number, FPS))) for number in (0, 0, 1, 2, 9, 9, 30)]
        assert seen == [0, 0, 1, 2, 9, 9, 30]
        with pytest.raises(ValueError, match="forwards"):
            clip.get_frame(0)


@pytest.mark.parametrize(("first_frame", "expected"), [(0, 0), (7, 7), (39, 39), (40, 0), (45, 5)])
def test_footage_may_start_later_and_begins_again_at_its_end(tmp_path: Path, first_frame: int, expected: int):
    clip_file = counted(tmp_path / "clip.mp4", 40)
    source, clip = open_shot(clip_file, VIDEO, frame_count=4, first_frame=first_frame)
    with source:
        assert counted_number(clip.get_frame(0)) == expected


def test_a_followed_subject_is_seen_where_it_is_in_the_footages_own_time(tmp_path: Path):
    frames = []
    for number in range(40):
        picture = np.full((96, 256, 3), 40, np.uint8)
        picture[:, 3 * number + 50 : 3 * number + 78] = 220
        frames.append(picture)
    make_video(tmp_path / "a.mp4", pts_ms=constant_rate(40, FPS), pictures=frames, size=(256, 96))
    footage = Footage(blob=REF, start_ms=0, end_ms=1333, width_px=256, height_px=96, source="a.mp4")
    keys = tuple(
        WindowKey(at_ms=number * 100 // 3, window=Window(x=3 * number / 256, y=0, width=0.5, height=1))
        for number in range(0, 40, 3)
    )
    followed = LoadedShot(Shot(picture=footage, follow=keys), tmp_path / "a.mp4")
    for first_frame in (0, 10, 40):
        source, clip = open_shot(followed, VIDEO, frame_count=30, first_frame=first_frame)
        with source:
            for number in (0, 7, 25):
                luma = clip.get_frame(frame_to_seconds(number, FPS))[48]
                assert np.flatnonzero(luma > 130).mean() == pytest.approx(63.5, abs=2.2)
