"""The crop keeps the subject: on synthetic scenes of which it is known where that is."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from engines.visuals.following import followed
from engines.visuals.framing import frame_clip
from engines.visuals.glances import ClipPart, glance_at_still
from engines.visuals.reframing import best_place, crop_place
from engines.visuals.saliency import saliency
from engines.visuals.subject import Aim, Follow, aim_at_clip, aim_at_still, follow_subject, in_crop, seen_in_clip
from models.picture import Fit, MotionName
from models.shots import Framing
from tests.engines.visuals.subjects import GROUNDS, SUBJECTS, Pixels
from tests.media import constant_rate, make_video

TALL, WIDE = 9 / 16, 16 / 9
CANVAS = (1080, 1920)


def still(ground: str, subject: str, seed: int, center: tuple[float, float], size: tuple[int, int]) -> Pixels:
    """A picture with a subject at `center` (in fractions of it)."""
    random = np.random.default_rng(seed)
    picture = np.ascontiguousarray(GROUNDS[ground](random, *size))
    draw, tones = SUBJECTS[subject]
    draw(picture, (center[0] * size[0], center[1] * size[1]), min(size) * 0.4, tones[seed % len(tones)])
    return picture


def kept(center: float, place: float, length: float, half: float) -> float:
    """How much of a subject that reaches `half` to both sides of `center` a window shows."""
    start = place * (1 - length)
    return (min(center + half, start + length) - max(center - half, start)) / (2 * half)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_a_tall_crop_of_a_wide_picture_keeps_the_subject(ground: str, subject: str):
    shares = []
    for seed in range(12):
        x = 0.15 + 0.7 * seed / 11
        seen = saliency(still(ground, subject, seed, (x, 0.5), (192, 108)))
        place, fixed = crop_place(seen, picture_shape=WIDE, window_shape=TALL)
        assert fixed == 0.5
        shares.append(kept(x, place, TALL / WIDE, 0.4 * 0.5 * 108 / 192))
    assert min(shares) > 0.95, shares


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_a_wide_crop_of_a_tall_picture_keeps_the_subject(ground: str, subject: str):
    shares = []
    for seed in range(8):
        y = 0.15 + 0.6 * seed / 7
        seen = saliency(still(ground, subject, seed, (0.5, y), (108, 192)))
        fixed, place = crop_place(seen, picture_shape=TALL, window_shape=WIDE)
        assert fixed == 0.5
        shares.append(kept(y, place, TALL / WIDE, 0.28 * 0.4 * 108 / 192))
    assert min(shares) > 0.9, shares


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_a_picture_of_nothing_is_cropped_in_its_middle(level: int):
    seen = saliency(np.full((108, 192, 3), level, np.uint8))
    assert seen.sum() == pytest.approx(1, abs=1e-4)
    assert crop_place(seen, picture_shape=WIDE, window_shape=TALL) == (0.5, 0.5)


def test_the_middle_is_left_for_something_only():
    noise = np.random.default_rng(5).integers(0, 256, (108, 192, 3), dtype=np.uint8)
    assert crop_place(saliency(noise), picture_shape=WIDE, window_shape=TALL)[0] == pytest.approx(0.5, abs=0.2)
    assert best_place(np.ones(96, np.float32), 0.3) == 0.5


@given(st.integers(8, 400), st.integers(8, 400), st.integers(0, 1000))
@settings(max_examples=25)
def test_any_picture_has_a_map(width: int, height: int, seed: int):
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    seen = saliency(picture)
    assert seen.min() >= 0
    assert seen.sum() == pytest.approx(1, abs=1e-3)
    assert np.isfinite(seen).all()


def test_a_photo_is_aimed_at_as_it_is_seen(tmp_path: Path):
    upright = still("sky", "ball", 3, (0.8, 0.5), (1600, 900))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(upright).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.jpg", exif=exif)
    assert glance_at_still(tmp_path / "a.jpg", source="a").shape == (108, 192, 3)
    aim = aim_at_still(tmp_path / "a.jpg", picture_px=(1600, 900), shape=TALL, source="a")
    assert kept(0.8, aim.place[0], TALL / WIDE, 0.05) > 0.99
    assert aim.subject == pytest.approx((0.8, 0.5), abs=0.06)
    assert in_crop(aim, picture_px=(1600, 900), shape=TALL)[0] == pytest.approx(0.5, abs=0.35)


def test_the_subject_is_found_again_in_the_crop():
    aim = Aim(place=(1.0, 0.5), subject=(0.9, 0.3))
    assert in_crop(aim, picture_px=(1600, 900), shape=TALL) == (
        pytest.approx((0.9 - (1 - TALL / WIDE)) / (TALL / WIDE)),
        0.3,
    )
    assert in_crop(aim, picture_px=(1080, 1920), shape=TALL) == (0.9, 0.3)


# --- clips -------------------------------------------------------------------------------------------------------


def clip(path: Path, xs: np.ndarray, *, gop: int = 250, ground: str = "clouds", rotation: int = 0) -> Path:
    """A clip at 25 fps, in which a ball is at `xs` (fractions of the width) of each frame."""
    base = np.ascontiguousarray(GROUNDS[ground](np.random.default_rng(1), 320, 180))
    pictures = []
    for x in xs:
        picture = base.copy()
        SUBJECTS["ball"][0](picture, (x * 320, 90), 70, (210, 40, 40))
        pictures.append(np.ascontiguousarray(np.rot90(picture, rotation // 90)))
    size = (180, 320) if rotation % 180 else (320, 180)
    return make_video(
        path, pts_ms=constant_rate(len(xs), 25), pictures=pictures, size=size, gop=gop, rotation=-rotation % 360
    )


def part(path: Path, frames: int, start_ms: int = 0) -> ClipPart:
    return ClipPart(path, start_ms, frames * 40, path.name)


def watched(wanted: ClipPart) -> tuple[Aim, Follow | None]:
    seen = seen_in_clip(wanted)
    aim = aim_at_clip(seen, picture_px=(320, 180), shape=TALL)
    return aim, follow_subject(wanted, seen, aim, picture_px=(320, 180), canvas_px=CANVAS)


@pytest.mark.parametrize("gop", [12, 250])
@pytest.mark.parametrize("x", [0.2, 0.5, 0.8])
def test_a_subject_that_stays_is_kept_by_a_window_that_rests(tmp_path: Path, x: float, gop: int):
    sway = x + 0.03 * np.sin(np.arange(100) / 8)
    aim, follow = watched(part(clip(tmp_path / "a.mp4", sway, gop=gop), 100))
    assert follow is None
    assert kept(x, aim.place[0], TALL / WIDE, 0.09) > 0.95


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotated_footage_is_aimed_at_as_it_is_seen(tmp_path: Path, rotation: int):
    aim, _ = watched(part(clip(tmp_path / "a.mp4", np.full(50, 0.8), rotation=rotation), 50))
    assert kept(0.8, aim.place[0], TALL / WIDE, 0.09) > 0.95


@pytest.mark.parametrize("start_ms", [0, 1000])
def test_a_subject_that_walks_is_followed_smoothly(tmp_path: Path, start_ms: int):
    frames = 150
    xs = np.interp(np.arange(frames), [0, 30, 120, 150], [0.15, 0.15, 0.85, 0.85])
    _, follow = watched(part(clip(tmp_path / "a.mp4", xs), frames, start_ms))
    assert follow is not None
    first = start_ms // 40
    length = TALL / WIDE
    shown = CANVAS[0] / follow.size_px[0]
    reach = length / shown
    low = follow.place[0] * (1 - reach)
    starts = np.array([low + followed(follow.keys, number * 40).x * reach for number in range(frames - first)])
    assert follow.size_px[1] == CANVAS[1]
    for x, start in zip(xs[first:], starts, strict=True):
        assert start - 1e-6 <= x - 0.03
        assert x + 0.03 <= start + length + 1e-6
    speed = np.diff(starts)
    assert np.abs(np.diff(speed)).max() < 0.0012  # of the width, a frame a frame: no jerk is seen
    assert (speed > -1e-4).all()


def test_a_subject_that_falls_is_followed_down_a_tall_clip(tmp_path: Path):
    ys, pictures = np.interp(np.arange(120), [0, 20, 100, 120], [0.15, 0.15, 0.85, 0.85]), []
    for y in ys:
        picture = np.full((320, 180, 3), (110, 130, 150), np.uint8)
        SUBJECTS["ball"][0](picture, (90, y * 320), 70, (210, 40, 40))
        pictures.append(picture)
    path = make_video(tmp_path / "a.mp4", pts_ms=constant_rate(120, 25), pictures=pictures, size=(180, 320))
    wide = Framing(fit=Fit.COVER, motion=MotionName.NONE, still_motion=MotionName.NONE)
    framed = frame_clip(part(path, 120), wide, picture_px=(180, 320), canvas_px=(1920, 1080))
    assert framed.size_px[0] == 1920
    assert framed.size_px[1] > 2 * 1080
    tops = [followed(framed.follow, number * 40).y for number in range(120)]
    assert all(one <= other + 1e-6 for one, other in pairwise(tops))
    assert tops[0] < 0.05
    assert tops[-1] + framed.follow[0].window.height > 0.95


def test_a_camera_that_pans_is_not_fought(tmp_path: Path):
    wide = cv2.resize(GROUNDS["meadow"](np.random.default_rng(2), 200, 45), (800, 180), interpolation=cv2.INTER_CUBIC)
    pictures = [np.ascontiguousarray(wide[:, number * 3 : number * 3 + 320]) for number in range(100)]
    path = make_video(tmp_path / "a.mp4", pts_ms=constant_rate(100, Fraction(25)), pictures=pictures, size=(320, 180))
    assert watched(part(path, 100))[1] is None


TWO_SHOTS = (("clouds", 0.18), ("meadow", 0.82))


def two_shots(path: Path, lengths: tuple[int, int], *, gop: int = 250) -> Path:
    """A clip of two shots at 25 fps, in which a ball is at one side and then at the other."""
    pictures = []
    for (ground, x), length in zip(TWO_SHOTS, lengths, strict=True):
        picture = np.ascontiguousarray(GROUNDS[ground](np.random.default_rng(1), 320, 180))
        SUBJECTS["ball"][0](picture, (x * 320, 90), 70, (210, 40, 40))
        pictures += [picture] * length
    return make_video(path, pts_ms=constant_rate(sum(lengths), 25), pictures=pictures, size=(320, 180), gop=gop)


@pytest.mark.parametrize("gop", [12, 250])
@pytest.mark.parametrize("lengths", [(60, 60), (33, 91), (90, 30)])
def test_each_shot_of_a_clip_has_a_window_of_its_own(tmp_path: Path, lengths: tuple[int, int], gop: int):
    _, follow = watched(part(two_shots(tmp_path / "a.mp4", lengths, gop=gop), sum(lengths)))
    assert follow is not None
    length = TALL / WIDE
    reach = length / (CANVAS[0] / follow.size_px[0])
    low = follow.place[0] * (1 - reach)
    for number in range(sum(lengths)):
        x = TWO_SHOTS[number >= lengths[0]][1]
        start = low + followed(follow.keys, number * 40 + 16).x * reach  # as a frame of 30 a second looks it up
        assert start <= x - 0.09
        assert x + 0.09 <= start + length
    rests = {round(followed(follow.keys, number * 40 + 16).x, 3) for number in range(sum(lengths))}
    assert len(rests) == 2, "it rests in each of them"


def test_shots_with_their_subjects_at_one_place_need_one_window(tmp_path: Path):
    pictures = []
    for ground in ("clouds", "meadow"):
        picture = np.ascontiguousarray(GROUNDS[ground](np.random.default_rng(1), 320, 180))
        SUBJECTS["ball"][0](picture, (0.8 * 320, 90), 70, (210, 40, 40))
        pictures += [picture] * 50
    path = make_video(tmp_path / "a.mp4", pts_ms=constant_rate(100, 25), pictures=pictures, size=(320, 180))
    aim, follow = watched(part(path, 100))
    assert follow is None
    assert kept(0.8, aim.place[0], TALL / WIDE, 0.09) > 0.95


def test_a_clip_that_cannot_be_read_is_cropped_in_its_middle(tmp_path: Path):
    path = clip(tmp_path / "a.mp4", np.full(20, 0.5))
    path.write_bytes(path.read_bytes()[:400])
    assert watched(part(path, 20)) == (Aim(), None)
