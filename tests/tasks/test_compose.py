"""What `compose_clip` makes of a scene's wishes: crops, moves and split screens, from real pictures and clips."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blocks.store import ArtifactStore
from engines.visuals.color import i420_to_rgb
from engines.visuals.probe import probe
from engines.visuals.shots import is_plain, open_shot
from models.encoding import FrameFormat
from models.media import MediaInfo, MediaKind, MediaLimits, Source
from models.picture import Fit, Focus, MotionName
from models.shots import FULL_WINDOW, Framing, Shot
from tasks.compose import compose_clip
from tasks.shots import load_shot
from tests.media import constant_rate, make_video

VIDEO = FrameFormat(width_px=108, height_px=192, fps=Fraction(30))
FRAMES = 100


@pytest.fixture
def photo(store: ArtifactStore, tmp_path: Path) -> Source:
    """A wide picture with its subject at the right."""
    rgb = np.full((450, 800, 3), (120, 140, 160), np.uint8)
    rgb[160:300, 640:740] = (210, 60, 40)
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    return stored(store, tmp_path / "photo.png")


@pytest.fixture
def clip(store: ArtifactStore, tmp_path: Path) -> Source:
    """A wide clip through which its subject walks."""
    frames = []
    for number in range(FRAMES):
        rgb = np.full((180, 320, 3), (120, 140, 160), np.uint8)
        x = round(np.interp(number, [10, 85], [20, 260]))
        rgb[60:130, x : x + 40] = (210, 60, 40)
        frames.append(rgb)
    path = make_video(tmp_path / "clip.mp4", pts_ms=constant_rate(FRAMES, 25), pictures=frames, size=(320, 180))
    return stored(store, path)


def stored(store: ArtifactStore, path: Path) -> Source:
    info = probe(path, source=path.name, limits=MediaLimits())
    return Source(uri=path.name, info=info, blob=store.put(path, "application/octet-stream"))


def composed(
    source: Source,
    motion: MotionName = MotionName.NONE,
    *,
    second: Source | None = None,
    fit: Fit = Fit.COVER,
    focus: Focus = Focus.AUTO,
) -> Shot:
    framing = Framing(fit=fit, motion=motion, still_motion=motion, focus=focus)
    return compose_clip.fn(source, second, framing, VIDEO, 1, 1)


def red_share(store: ArtifactStore, shot: Shot) -> float:
    """How much of a plate is the subject."""
    plate = np.load(store.local_path(shot.picture.blob))
    red_difference = plate[shot.picture.height_px * 5 // 4 :]
    return float((red_difference > 160).mean())


@pytest.mark.parametrize(
    ("focus", "is_seen"), [(Focus.AUTO, True), (Focus.RIGHT, True), (Focus.CENTER, False), (Focus.LEFT, False)]
)
def test_a_still_is_cropped_where_the_focus_is(store: ArtifactStore, photo: Source, focus: Focus, is_seen: bool):
    shot = composed(photo, focus=focus)
    assert (shot.picture.width_px, shot.picture.height_px) == (108, 192)
    assert (red_share(store, shot) > 0.05) is is_seen
    assert shot.window_from == shot.window_to == FULL_WINDOW


def test_a_zoom_goes_to_the_subject(photo: Source):
    end = composed(photo, MotionName.ZOOM_IN).window_to
    middle = composed(photo, MotionName.ZOOM_IN, focus=Focus.CENTER).window_to
    assert (middle.x, middle.y) == pytest.approx(((1 - middle.width) / 2, (1 - middle.height) / 2))
    assert end.width == middle.width < 1


def test_a_pan_has_a_wide_plate(photo: Source):
    picture = composed(photo, MotionName.PAN_LEFT).picture
    assert picture.width_px > 1.3 * 108
    assert picture.height_px == 192


def test_a_clip_at_rest_follows_who_leaves_and_named_ones_do_not(clip: Source):
    followed, resting = composed(clip), composed(clip, focus=Focus.LEFT)
    assert len(followed.follow) > 3
    assert followed.picture.width_px > 1.5 * 108
    assert not resting.follow
    assert (resting.picture.width_px, resting.picture.focus_x) == (108, 0)
    for shot in (composed(clip, MotionName.ZOOM_IN), composed(clip, fit=Fit.CONTAIN)):
        assert not shot.follow


def test_a_clip_whose_subject_stays_is_decoded_where_it_is_encoded(store: ArtifactStore, tmp_path: Path):
    frame = np.full((180, 320, 3), (120, 140, 160), np.uint8)
    frame[60:130, 230:280] = (210, 60, 40)
    path = make_video(tmp_path / "a.mp4", pts_ms=constant_rate(40, 25), pictures=[frame] * 40, size=(320, 180))
    shot = composed(stored(store, path), MotionName.NONE)
    assert is_plain(shot, VIDEO)
    assert shot.picture.focus_x > 0.7


def test_two_pictures_get_half_of_the_screen_each(photo: Source, clip: Source):
    shot = composed(photo, second=clip)
    assert shot.second
    assert [picture.height_px for picture in shot.pictures] == [96, 96]
    color = Source(uri="color:#102030", info=MediaInfo(kind=MediaKind.COLOR))
    assert composed(color, MotionName.ZOOM_IN, second=photo).window_to == FULL_WINDOW


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(30), Fraction(60)])
@pytest.mark.parametrize("source_rate", [24, 25, Fraction(30000, 1001)])
def test_the_window_cuts_in_the_frame_in_which_the_clip_does(
    store: ArtifactStore, tmp_path: Path, rate: Fraction, source_rate: Fraction
):
    frames = []
    for number in range(75):
        rgb = np.full((180, 320, 3), (120, 140, 160) if number < 38 else (60, 70, 50), np.uint8)
        x = 24 if number < 38 else 256
        rgb[60:130, x : x + 40] = (210, 60, 40)
        frames.append(rgb)
    source = stored(
        store, make_video(tmp_path / "a.mp4", pts_ms=constant_rate(75, source_rate), pictures=frames, size=(320, 180))
    )
    video = VIDEO.model_copy(update={"fps": rate})
    framing = Framing(fit=Fit.COVER, motion=MotionName.NONE, still_motion=MotionName.NONE)
    shot = compose_clip.fn(source, None, framing, video, 1, 1)
    assert shot.follow
    count = int(2.9 * rate)
    decoder, played = open_shot(load_shot(store, shot), video, frame_count=count)
    with decoder:
        for number in range(count):
            rgb = i420_to_rgb(played.get_frame(float(number / rate))).astype(int)
            red = (rgb[..., 0] > 150) & (rgb[..., 2] < 100)
            assert red.sum() > 0.85 * (70 * 40) * (192 / 180) ** 2, number
