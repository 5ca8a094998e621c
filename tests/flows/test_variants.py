"""Variants of one spec in one run: what they share is made once, and each has a folder of its own."""

from collections import Counter
from typing import Any

import av
import numpy as np
import pytest

from blocks.claims import CLAIM
from models.report import RenderReport
from tests.flows import measure
from tests.flows.studio import Studio, worked
from tests.media import gradient

FILES = {"video.mp4", "poster.jpg", "captions.srt", "captions.vtt"}
SIZES = {"": (540, 540), "wide": (960, 540), "tall": (540, 960)}
SHARED = {"fetch_asset", "synthesize_narration", "plan_timeline", "mix_audio"}


@pytest.fixture(scope="module")
def spec(module_studio: Studio) -> dict[str, Any]:
    gradient(400, 500).save(module_studio.root / "one.png")
    return {
        "title": "In three shapes",
        "quality": "draft",
        "canvas": {"preset": "square"},
        "scenes": [
            {"narration": "First of two.", "visual": "color:#204060"},
            {"narration": "Second comes.", "visual": "one.png", "transition": "fade"},
        ],
        "export": {"clean": True},
        "variants": [{"shape": "wide"}, {"name": "tall", "shape": "vertical"}],
    }


@pytest.fixture(scope="module")
def report(module_studio: Studio, spec: dict[str, Any]) -> RenderReport:
    return module_studio.render(spec)


def test_every_variant_has_its_shape_and_its_folder(module_studio: Studio, report: RenderReport):
    folder = module_studio.output / "in-three-shapes"
    for name, size in SIZES.items():
        with av.open(str(folder / name / "video.mp4")) as video:
            assert (video.streams.video[0].width, video.streams.video[0].height) == size
        assert {path.name for path in (folder / name).iterdir() if path.is_file()} - {"report.json", CLAIM} == {
            *FILES,
            "clean.mp4",
        }
    assert [variant.name for variant in report.variants] == ["wide", "tall"]
    assert {video.frame_count for variant in report.variants for video in variant.videos} == {report.video.frame_count}
    assert all((folder / name / of_all).exists() == (name == "") for name in SIZES for of_all in ("report.json", CLAIM))
    assert report.publication.link == (folder / "video.mp4").as_uri()


def test_what_variants_share_is_made_once(report: RenderReport):
    runs = Counter(step.name for step in report.steps)
    assert {name for name, count in runs.items() if count == 1} == {
        name for name in runs if name.split(":")[0] in SHARED
    }
    assert runs["compose_clip: scene 2 of 2"] == 3
    assert runs["burn_subtitles: scene 2 of 2"] == 6


def test_the_clean_video_differs_by_its_captions_alone(module_studio: Studio, report: RenderReport):
    folder = module_studio.output / "in-three-shapes"
    shown, clean = (measure.frames_rgb(folder / name) for name in ("video.mp4", "clean.mp4"))
    assert shown.shape == clean.shape
    height = shown.shape[1]
    assert np.abs(shown[:, : height // 4].astype(int) - clean[:, : height // 4]).mean() < 2
    changed = np.abs(shown.astype(int) - clean).max(axis=(1, 2, 3)) > 100
    assert changed.mean() > 0.5
    assert (folder / "clean.mp4").stat().st_size < (folder / "video.mp4").stat().st_size


def test_one_more_variant_makes_only_what_is_its_own(module_studio: Studio, spec: dict[str, Any], report: RenderReport):
    more = {**spec, "variants": [*spec["variants"], {"name": "again", "shape": "wide"}, {"shape": "wide"}]}
    again = module_studio.render(more)
    assert worked(again) == {"publish"}
    assert [variant.name for variant in again.variants] == ["wide", "tall", "again", "wide-2"]


def test_a_failing_step_of_variants_is_told_once(studio: Studio):
    scenes = [{"visual": "gone.png", "min_duration_ms": 200}]
    with pytest.raises(Exception, match="not found") as failure:
        studio.render({"title": "No", "quality": "draft", "scenes": scenes, "variants": [{"shape": "wide"}]})
    assert str(failure.value).count("gone.png") == 1
