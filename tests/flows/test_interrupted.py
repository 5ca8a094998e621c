"""Renders that are cut off in the middle, and what the next run makes of it."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from models.report import RenderReport
from tests.flows import measure
from tests.flows.studio import Studio
from tests.waiting import wait_for

SCENES = 4
SCENE_MS = 1600
DEADLINE_S = 300


@pytest.fixture
def spec() -> dict[str, Any]:
    """Scenes that take a while to encode: noise-like starfields at full size."""
    scene = {"visual": "assets:pictures/deep_field.jpg", "min_duration_ms": SCENE_MS, "transition": "fade"}
    motions = ("zoom_in", "zoom_out", "pan_left", "pan_right")
    scenes = [{**scene, "motion": motions[index]} for index in range(SCENES)]
    return {"title": "Cut off", "quality": "standard", "canvas": {"preset": "square"}, "scenes": scenes}


def segments(studio: Studio) -> list[Path]:
    return studio.blobs("*.mp4")


def report_of(ended: "subprocess.CompletedProcess[str]") -> RenderReport:
    assert ended.returncode == 0, ended.stderr
    return RenderReport.model_validate_json(ended.stdout)


def cached(report: RenderReport) -> set[str]:
    return {step.name for step in report.steps if step.state == "cached"}


def test_killed_at_any_moment_it_goes_on_where_it_was(studio: Studio, spec: dict[str, Any]):
    moments = random.Random(20)
    finished = 0
    for wanted in (0, 1, 2):
        process = studio.start(spec, NEUROSHORTS_WORKERS="2")
        wait_for(lambda: studio.encoders() and len(segments(studio)) >= wanted, every_s=0.01)  # noqa: B023
        time.sleep(moments.uniform(0, 0.25))
        process.kill()
        process.communicate()
        wait_for(lambda: not studio.encoders())
        finished = len(segments(studio))
        assert wanted <= finished < SCENES
        assert not (studio.output / "cut-off" / "video.mp4").exists()

    report = report_of(studio.run(spec, "--json", NEUROSHORTS_WORKERS="2"))
    burns = {name for name in cached(report) if name.startswith("burn_subtitles")}
    assert len(burns) in (finished, finished - 1)  # a blob may be in place whose record was not written yet
    assert measure.count_frames(studio.output / "cut-off" / "video.mp4") == report.video.frame_count
    assert report.video.frame_count == SCENES * SCENE_MS * 30 // 1000
    assert studio.half_made() == []
    assert not studio.encoders()


def test_a_killed_encoder_is_started_again(studio: Studio, spec: dict[str, Any]):
    process = studio.start(spec, "--json")
    wait_for(studio.encoders, every_s=0.01)
    victim = studio.encoders()[0]
    victim.kill()
    out, err = process.communicate(timeout=DEADLINE_S)
    report = report_of(subprocess.CompletedProcess(process.args, process.returncode, out, err))
    assert report.video.frame_count == SCENES * SCENE_MS * 30 // 1000
    assert measure.count_frames(studio.output / "cut-off" / "video.mp4") == report.video.frame_count
    assert studio.half_made() == []


@pytest.fixture
def interruptible() -> Generator[None]:
    """Let what is started take SIGINT: a shell without job control makes its background jobs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupted_from_the_keyboard_it_leaves_nothing_running(studio: Studio, spec: dict[str, Any]):
    process = studio.start(spec)
    wait_for(studio.encoders, every_s=0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE_S)
    assert process.returncode not in (0, None)
    wait_for(lambda: not studio.encoders())
    assert not (studio.output / "cut-off" / "video.mp4").exists()


@contextmanager
def small_disk(folder: Path, size: str) -> Generator[None]:
    """A file system of its own in `folder`; the test is skipped where nobody may make one."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_full_disk_fails_clearly_and_space_heals_it(studio: Studio, spec: dict[str, Any]):
    if os.geteuid() != 0 or not Path("/bin/mount").exists():
        pytest.skip("file systems cannot be mounted here")
    with small_disk(studio.store, "4500k"):
        failed = studio.run(spec)
        assert failed.returncode == 1
        assert "no space left" in failed.stderr.lower()
        assert "Traceback" not in failed.stderr
        assert not studio.encoders()
        assert not (studio.output / "cut-off" / "video.mp4").exists()
        subprocess.run(["mount", "-o", "remount,size=500M", str(studio.store)], check=True)
        report = report_of(studio.run(spec, "--json"))
        assert cached(report)
        assert studio.half_made() == []
    assert measure.count_frames(studio.output / "cut-off" / "video.mp4") == report.video.frame_count
