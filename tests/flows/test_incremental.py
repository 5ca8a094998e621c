"""A step runs only when what it is made of changed, or when what it made is gone."""

import hashlib
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from tests.flows.studio import Studio, worked
from tests.media import gradient, quadrants

JOINS = {"assemble_video", "publish"}
SCENE_TASKS = {"synthesize_narration", "compose_clip", "burn_subtitles"}
MADE = {"fetch_asset", "assemble_video", "typeset_captions", "prepare_music", "mix_audio", "make_poster", *SCENE_TASKS}
FILES = ("video.mp4", "poster.jpg", "captions.srt", "captions.vtt")


@pytest.fixture(scope="module")
def spec(module_studio: Studio) -> dict[str, Any]:
    """Four scenes, of which the third fades out of the second, rendered once."""
    folder = module_studio.root
    gradient(400, 500).save(folder / "one.png")
    quadrants(500, 400).save(folder / "two.png")
    rendered = {
        "title": "Small steps",
        "quality": "draft",
        "canvas": {"preset": "square"},
        "music": {"track": "assets:music/upbeat.ogg"},
        "scenes": [
            {"narration": "First of four.", "visual": "color:#204060"},
            {"narration": "Second comes.", "visual": "one.png", "motion": "zoom_in"},
            {"narration": "A third.", "visual": "two.png", "transition": "fade", "motion": "pan_left"},
            {"narration": "The last.", "visual": "color:#602040"},
        ],
    }
    assert all(step.state == "completed" for step in module_studio.render(rendered).steps)
    return rendered


@pytest.fixture(scope="module")
def whole_studio(module_studio: Studio, spec: dict[str, Any]) -> Studio:
    """A store that holds what one render of the spec made, and nothing else."""
    studio = Studio(module_studio.root / "whole")
    _copy_pictures(module_studio, studio)
    studio.render(spec)
    return studio


def _copy_pictures(source: Studio, target: Studio) -> None:
    for name in ("one.png", "two.png"):
        shutil.copy(source.root / name, target.root / name)


def changed(spec: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    other = deepcopy(spec)
    change(other)
    return other


def of_scene(number: int, *tasks: str, total: int = 4) -> set[str]:
    return {f"{task}: scene {number} of {total}" for task in tasks}


def spy(folder: Path) -> tuple[Path, Path]:
    """An ffmpeg that writes down how it was called, and where it does."""
    program, log = folder / "ffmpeg-spy", folder / "calls.txt"
    program.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\nexec "{imageio_ffmpeg.get_ffmpeg_exe()}" "$@"\n')
    program.chmod(0o755)
    return program, log


def test_same_spec_again_does_nothing(module_studio: Studio, spec: dict[str, Any], tmp_path: Path):
    program, log = spy(tmp_path)
    report = module_studio.render(spec, IMAGEIO_FFMPEG_EXE=str(program))
    assert worked(report) == set()
    assert all(step.seconds is None for step in report.steps)
    assert not log.exists()


def test_the_spy_sees_the_encoders(studio: Studio, tmp_path: Path):
    program, log = spy(tmp_path)
    scene = {"visual": "color:#204060", "min_duration_ms": 200}
    report = studio.render(
        {"title": "Seen", "quality": "draft", "scenes": [scene, {**scene, "visual": "color:#102030"}]},
        IMAGEIO_FFMPEG_EXE=str(program),
    )
    assert len(worked(report)) == len(report.steps)
    assert log.read_text().count("libx264") == 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            lambda spec: spec["scenes"][1].update(narration="Second comes later."),
            {"plan_timeline", "typeset_captions", "mix_audio", "make_poster", *JOINS}
            | of_scene(2, "synthesize_narration", "burn_subtitles")
            | of_scene(3, "burn_subtitles"),
            id="narration, before a fade",
        ),
        pytest.param(
            lambda spec: spec["scenes"][2].update(narration="A third one."),
            {"plan_timeline", "typeset_captions", "mix_audio", "make_poster", *JOINS}
            | of_scene(3, "synthesize_narration", "burn_subtitles"),
            id="narration, before a cut",
        ),
        pytest.param(
            lambda spec: spec["scenes"][1].update(visual="two.png"),
            of_scene(2, "compose_clip", "burn_subtitles") | of_scene(3, "burn_subtitles") | {"make_poster", *JOINS},
            id="picture, before a fade",
        ),
        pytest.param(
            lambda spec: spec["scenes"][3].update(visual="color:#107040"),
            of_scene(4, "compose_clip", "burn_subtitles") | {"fetch_asset: scene 4", "make_poster", *JOINS},
            id="colour",
        ),
        pytest.param(
            lambda spec: spec["scenes"][2].update(motion="pan_right"),
            of_scene(3, "burn_subtitles", "compose_clip") | {"make_poster", *JOINS},
            id="motion",
        ),
        pytest.param(
            lambda spec: spec.update(captions={"highlight_color": "#00FF88"}),
            {"typeset_captions", *JOINS}.union(*(of_scene(number, "burn_subtitles") for number in range(1, 5))),
            id="caption style",
        ),
        pytest.param(lambda spec: spec["music"].update(gain_db=-20), {"mix_audio", *JOINS}, id="music"),
        pytest.param(lambda spec: spec.update(title="Big steps"), {"make_poster", *JOINS}, id="title"),
        pytest.param(
            lambda spec: spec["scenes"].insert(0, {"narration": "New.", "visual": "color:#AA2211", "motion": "none"}),
            {"plan_timeline", "typeset_captions", "mix_audio", "make_poster", "fetch_asset: scene 1", *JOINS}
            | of_scene(1, "synthesize_narration", "compose_clip", "burn_subtitles", total=5),
            id="a scene more in front",
        ),
    ],
)
def test_a_change_runs_what_it_reaches(
    module_studio: Studio, spec: dict[str, Any], change: Callable[[dict[str, Any]], Any], expected: set[str]
):
    report = module_studio.render(changed(spec, change))
    assert worked(report) == expected


def test_new_bytes_under_an_old_name_are_noticed(studio: Studio):
    gradient(64, 64).save(studio.root / "picture.png")
    scenes = [
        {"visual": "picture.png", "min_duration_ms": 200},
        {"visual": "color:#204060", "min_duration_ms": 200},
    ]
    spec = {"title": "Replaced", "quality": "draft", "canvas": {"preset": "square"}, "scenes": scenes}
    studio.render(spec)
    quadrants(64, 64).save(studio.root / "picture.png")
    again = worked(studio.render(spec))
    assert again == {"fetch_asset: scene 1", "make_poster", *JOINS} | of_scene(
        1, "compose_clip", "burn_subtitles", total=2
    )
    same = (studio.root / "picture.png").read_bytes()
    (studio.root / "picture.png").write_bytes(same)  # newer, and the same
    assert worked(studio.render(spec)) <= {"fetch_asset: scene 1"}


def test_two_cold_renders_give_the_same_bytes(module_studio: Studio, spec: dict[str, Any], studio: Studio):
    _copy_pictures(module_studio, studio)
    module_studio.render(spec)
    ended = studio.run(spec, NEUROSHORTS_WORKERS="1")
    assert ended.returncode == 0, ended.stderr
    for name in FILES:
        one, other = (each.output / "small-steps" / name for each in (module_studio, studio))
        assert one.read_bytes() == other.read_bytes(), name


@pytest.mark.parametrize("harm", ["deleted", "truncated"])
@pytest.mark.parametrize(
    ("pattern", "tasks"),
    [
        ("*.bin", {"fetch_asset"}),
        ("*.wav", {"synthesize_narration", "prepare_music"}),
        ("*.npy", {"compose_clip"}),
        ("*.ass", {"typeset_captions"}),
        ("*.m4a", {"mix_audio"}),
        ("*.mp4", {"burn_subtitles", "assemble_video"}),
        ("*", MADE),
    ],
)
def test_a_harmed_blob_is_made_again(
    whole_studio: Studio, spec: dict[str, Any], pattern: str, tasks: set[str], harm: str
):
    harmed = whole_studio.blobs(pattern)
    assert harmed
    for path in harmed:
        path.unlink() if harm == "deleted" else path.write_bytes(path.read_bytes()[:-100])
    assert {name.split(":")[0] for name in worked(whole_studio.render(spec))} == tasks
    assert all(_is_whole(path) for path in harmed)


def _is_whole(path: Path) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() == path.stem


@pytest.mark.parametrize("name", FILES)
def test_a_published_file_that_is_gone_or_short_is_published_again(
    module_studio: Studio, spec: dict[str, Any], name: str
):
    module_studio.render(spec)
    path = module_studio.output / "small-steps" / name
    whole = path.read_bytes()
    path.unlink()
    assert worked(module_studio.render(spec)) == {"publish"}
    assert path.read_bytes() == whole
    path.write_bytes(whole[:-1])
    assert worked(module_studio.render(spec)) == {"publish"}
    assert path.read_bytes() == whole
