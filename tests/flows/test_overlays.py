"""Overlays in whole renders: what is drawn where and when, what it leaves alone, and what a change costs."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engines import ffmpeg
from engines.errors import SpecInvalid
from models.report import RenderReport
from tests.flows import measure
from tests.flows.studio import Studio, worked

BLUE, GREY = "color:#204060", "color:#505050"
ACCENT = (255, 255, 0)
FPS, CARD_FRAMES = 30, 75
SAFE = (0.06, 0.06, 0.94, 0.92)  # of a square: left, top, right, bottom
OVERLAYS = {
    "hook": "Wait for it",
    "hook_ms": 0,
    "progress_bar": "segments",
    "watermark": "top_left",
    "watermark_opacity_percent": 100,
    "logo": "logo.png",
    "end_card": "Follow",
    "accent_color": "#FFFF00",
}


def near(frames: NDArray[np.uint8], color: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Where frames show a colour, about."""
    return (np.abs(frames.astype(int) - color) < 70).all(axis=-1)


@pytest.fixture(scope="module")
def spec(module_studio: Studio) -> dict[str, Any]:
    Image.new("RGB", (100, 60), (255, 0, 0)).save(module_studio.root / "logo.png")
    scene = {"motion": "none"}
    return {
        "title": "With overlays",
        "quality": "draft",
        "canvas": {"preset": "square"},
        "intro": "color:#00C000",
        "overlays": OVERLAYS,
        "scenes": [
            {**scene, "narration": "First of two.", "visual": BLUE},
            {**scene, "narration": "Second of two.", "visual": GREY, "lower_third": "Ada | Author"},
        ],
    }


@pytest.fixture(scope="module")
def report(module_studio: Studio, spec: dict[str, Any]) -> RenderReport:
    return module_studio.render(spec)


@pytest.fixture(scope="module")
def frames(module_studio: Studio, report: RenderReport) -> NDArray[np.uint8]:
    return measure.frames_rgb(module_studio.output / "with-overlays" / "video.mp4")


@pytest.fixture(scope="module")
def plain_frames(module_studio: Studio, spec: dict[str, Any]) -> NDArray[np.uint8]:
    scenes = [{name: value for name, value in scene.items() if name != "lower_third"} for scene in spec["scenes"]]
    bare = {**spec, "title": "Without overlays", "overlays": {"end_card": "Follow"}, "scenes": scenes}
    module_studio.render(bare)
    return measure.frames_rgb(module_studio.output / "without-overlays" / "video.mp4")


def test_cards_last_as_long_as_they_should_and_carry_no_marks(frames: NDArray[np.uint8], report: RenderReport):
    assert len(frames) == report.video.frame_count
    assert (frames[: CARD_FRAMES - 1].std(axis=(1, 2)) < 3).all()  # the intro, and nothing on it
    end = frames[-CARD_FRAMES + 15 :]
    assert not near(end, (255, 0, 0))[:, :100].any()  # no watermark in its corner
    assert near(end, (255, 255, 255)).any(axis=(1, 2)).all()  # its text
    names = [step.name for step in report.steps]
    assert "fetch_asset: intro" in names
    assert {f"burn_subtitles: scene {number} of 3" for number in range(4)} <= set(names)


def test_marks_stand_in_the_safe_area_all_through_the_scenes(frames: NDArray[np.uint8]):
    shown = frames[CARD_FRAMES:-CARD_FRAMES]
    for color in (ACCENT, (255, 0, 0)):
        seen = near(shown, color)
        assert seen.any(axis=(1, 2)).all()
        rows, columns = np.nonzero(seen.any(axis=0))
        left, top, right, bottom = (round(540 * edge) for edge in SAFE)
        assert columns.min() >= left - 2
        assert columns.max() <= right + 2
        assert rows.min() >= top - 2
        assert rows.max() <= bottom + 2


def test_the_progress_bar_fills_from_left_to_right(frames: NDArray[np.uint8]):
    rows = slice(round(540 * SAFE[1]) - 1, round(540 * SAFE[1]) + 6)
    filled = near(frames[CARD_FRAMES:-CARD_FRAMES, rows], ACCENT).any(axis=1).sum(axis=1)
    assert filled[0] < 15
    assert filled[-1] > 0.85 * 540 * (SAFE[2] - SAFE[0])
    assert (np.diff(filled) >= -3).all()


def test_overlays_leave_the_captions_alone(frames: NDArray[np.uint8], plain_frames: NDArray[np.uint8]):
    assert len(frames) == len(plain_frames)
    foot = slice(round(540 * 0.80), round(540 * SAFE[3]))
    captions, expected = (np.asarray(which[CARD_FRAMES:-CARD_FRAMES, foot], int) for which in (frames, plain_frames))
    assert (expected > 200).all(axis=-1).any()
    assert np.abs(captions - expected).mean() < 2
    assert np.quantile(np.abs(captions - expected), 0.999) < 60


def test_editing_one_scene_renders_that_scene_only(module_studio: Studio, spec: dict[str, Any], report: RenderReport):
    edited = deepcopy(spec)
    edited["scenes"][0]["narration"] = "First of two, and longer."
    again = {name for name in worked(module_studio.render(edited)) if name.startswith(("burn", "compose", "draw"))}
    assert again == {"draw_overlays", "burn_subtitles: scene 1 of 3"}


def test_a_brand_kit_is_found_by_its_name(studio: Studio):
    folder = studio.root / "brands"
    folder.mkdir()
    Image.new("RGB", (100, 60), (255, 0, 0)).save(folder / "logo.png")
    (folder / "sky.toml").write_text('panel_color = "#0000FF"\nlogo = "logo.png"\nend_card = "Bye"\nposter = "band"\n')
    scenes = [{"visual": BLUE, "min_duration_ms": 300}]
    wanted = {"title": "Branded", "quality": "draft", "canvas": {"preset": "square"}, "brand": "sky", "scenes": scenes}
    studio.render(wanted, NEUROSHORTS_BRANDS_DIR=str(folder))
    shown = measure.frames_rgb(studio.output / "branded" / "video.mp4")
    assert len(shown) == 9 + CARD_FRAMES
    assert near(shown[-1], (0, 0, 255)).mean() > 0.6
    assert near(shown[-1], (255, 0, 0)).any()
    with Image.open(studio.output / "branded" / "poster.jpg") as poster:
        assert near(np.asarray(poster.convert("RGB")), (0, 0, 255)).mean() > 0.25
    with pytest.raises(SpecInvalid, match=r"brand: no kit 'moon'.*sky"):
        studio.render({**wanted, "brand": "moon"}, NEUROSHORTS_BRANDS_DIR=str(folder))


def test_an_outro_keeps_its_own_sound(studio: Studio):
    command = ["-f", "lavfi", "-i", "color=blue:s=320x320:r=30", "-f", "lavfi", "-i", "sine=880:r=48000", "-t", "1"]
    ffmpeg.run([*command, "-pix_fmt", "yuv420p", str(studio.root / "outro.mp4")], timeout_s=120)
    scenes = [{"visual": GREY, "min_duration_ms": 1000}]
    wanted = {"title": "Jingle", "quality": "draft", "canvas": {"preset": "square"}, "scenes": scenes}
    studio.render({**wanted, "outro": "outro.mp4"})
    path = studio.output / "jingle" / "video.mp4"
    samples = measure.sound(path)
    second = measure.RATE_HZ
    assert np.abs(samples[: second - 2000]).max() < 0.001
    heard = samples[second + second // 4 : 2 * second - second // 4]
    assert np.sqrt(np.mean(heard**2)) > 0.02
    loudest_hz = np.argmax(np.abs(np.fft.rfft(heard))) * second / len(heard)
    assert abs(loudest_hz - 880) < 10
    assert len(measure.frames_rgb(path)) == 60


def test_a_mistake_names_the_scene_as_the_spec_counts_it(studio: Studio):
    scenes = [
        {"visual": BLUE, "min_duration_ms": 300},
        {"visual": GREY, "min_duration_ms": 300, "lower_third": "ᚠᚢᚦ"},
    ]
    wanted = {"title": "Runes", "quality": "draft", "intro": GREY, "scenes": scenes}
    with pytest.raises(Exception, match=r"scene 2: .*ᚠ"):
        studio.render(wanted)
    assert not (Path(studio.output) / "runes").exists()
