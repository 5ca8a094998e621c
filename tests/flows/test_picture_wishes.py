"""Motion, focus, transitions, looks and split screens as they are seen in a finished short."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engines.errors import SpecInvalid
from tests.flows import measure
from tests.flows.studio import Studio, worked
from tests.media import RED, constant_rate, make_video

SECOND = 30  # frames
SCENE_MS = 1000


@pytest.fixture
def media(studio: Studio) -> Path:
    """A wide picture with its subject at the right, and a clip in which one walks from left to right."""
    grey = np.full((450, 800, 3), (120, 140, 160), np.uint8)
    grey[150:300, 620:760] = RED
    Image.fromarray(grey).save(studio.root / "photo.png")
    frames = []
    for number in range(90):
        frame = np.full((180, 320, 3), (120, 140, 160), np.uint8)
        x = round(np.interp(number, [10, 80], [10, 270]))
        frame[60:130, x : x + 40] = RED
        frames.append(frame)
    make_video(studio.root / "clip.mp4", pts_ms=constant_rate(90, 30), pictures=frames, size=(320, 180))
    return studio.root


def rendered(studio: Studio, *scenes: dict[str, object]) -> NDArray[np.uint8]:
    studio.render(spec(*scenes))
    return measure.frames_rgb(studio.output / "wishes" / "video.mp4")


def spec(*scenes: dict[str, object]) -> dict[str, object]:
    timed = [{"min_duration_ms": SCENE_MS, **scene} for scene in scenes]
    return {"title": "Wishes", "quality": "draft", "captions": {"preset": "none"}, "scenes": timed}


def red_of(frame: NDArray[np.uint8]) -> float:
    return float(measure.share_of(frame, RED, within=60).mean())


def test_wishes_are_seen(studio: Studio, media: Path):
    frames = rendered(
        studio,
        {"visual": "photo.png", "motion": "punch_in"},
        {"visual": "photo.png", "transition": "dip", "transition_ms": 400, "effects": ["mono"], "motion": "none"},
        {"visual": "color:#204060", "second_visual": "clip.mp4", "transition": "slide_up"},
        {"visual": "clip.mp4", "min_duration_ms": 3000, "transition": "whip"},
    )
    assert len(frames) == 6 * SECOND
    punch, mono, split, walk = frames[:SECOND], frames[SECOND : 2 * SECOND], frames[2 * SECOND : 90], frames[90:]
    assert red_of(punch[0]) == pytest.approx(red_of(punch[5]), rel=0.1)  # the subject is in the crop, and at rest
    assert red_of(punch[-1]) > 1.3 * red_of(punch[0]) > 0.05  # the step was taken
    assert mono[6].max() < 60  # in the middle of the dip
    assert np.ptp(mono[20].astype(int), axis=2).max() < 12  # no colour is left
    half = split.shape[1] // 2
    assert np.abs(split[20][: half - 8].astype(int) - (0x20, 0x40, 0x60)).max() < 14
    assert np.abs(split[20][half + 8 :].astype(int) - (120, 140, 160)).min(axis=(0, 1)).max() < 14
    seen = [red_of(frame) for frame in walk[15:]]
    assert min(seen) > 0.6 * max(seen)  # followed all the way


def test_only_what_a_wish_changes_is_made_again(studio: Studio, media: Path):
    scenes = [{"visual": "photo.png"}, {"visual": "photo.png", "transition": "wipe"}, {"visual": "clip.mp4"}]
    studio.render(spec(*scenes))
    scenes[1]["transition"] = "zoom"
    again = worked(studio.render(spec(*scenes)))
    assert {name for name in again if "scene" in name and "music" not in name} == {"burn_subtitles: scene 2 of 3"}


def test_an_unknown_look_is_told_before_anything_is_encoded(studio: Studio, media: Path):
    with pytest.raises(SpecInvalid, match=r"scenes.1.effects.0: no look 'sparkle'.*vignette"):
        studio.render(spec({"visual": "photo.png"}, {"visual": "photo.png", "effects": ["sparkle"]}))
