"""Previews show exactly what the render shows, and what they share with it is made once."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from blocks.heartbeat import no_heartbeat
from engines.specfile import load_spec
from models.report import PreviewReport, RenderReport
from tests.flows import measure
from tests.flows.studio import Studio, worked
from tests.media import constant_rate, gradient, make_video

SHARED = {"fetch_asset", "synthesize_narration", "compose_clip", "plan_timeline", "typeset_captions"}


@pytest.fixture(scope="module")
def spec(module_studio: Studio) -> dict[str, Any]:
    gradient(400, 500).save(module_studio.root / "one.png")
    make_video(module_studio.root / "clip.mp4", pts_ms=constant_rate(60, 24), size=(320, 180))
    return {
        "title": "Looked at",
        "quality": "lossless",
        "canvas": {"preset": "square"},
        "scenes": [
            {"narration": "First of three.", "visual": "one.png", "motion": "zoom_in"},
            {"narration": "Second comes.", "visual": "clip.mp4", "transition": "fade"},
            {"visual": "one.png", "min_duration_ms": 400, "transition": "fade", "transition_ms": 200},
        ],
    }


def looked_at(studio: Studio, spec: dict[str, Any], **options: Any) -> PreviewReport:

    from flows.preview_frames import preview_frames

    with pytest.MonkeyPatch.context() as patch, no_heartbeat():
        for name, value in studio.environment.items():
            patch.setenv(name, value)
        loaded = load_spec(json.dumps(spec), base_dir=studio.root)
        return preview_frames(loaded, destination=str(studio.output), **options)


@pytest.fixture(scope="module")
def sheet(module_studio: Studio, spec: dict[str, Any]) -> PreviewReport:
    return looked_at(module_studio, spec, contact_sheet=True)


@pytest.fixture(scope="module")
def rendered(module_studio: Studio, spec: dict[str, Any], sheet: PreviewReport) -> RenderReport:
    return module_studio.render(spec)


def test_a_render_does_not_repeat_what_its_preview_did(rendered: RenderReport, sheet: PreviewReport):
    done = {step.name.partition(":")[0] for step in sheet.steps}
    assert done == {*SHARED, "draw_frame", "make_contact_sheet", "publish"}
    assert not {name for name in worked(rendered) if name.partition(":")[0] in SHARED}


def test_a_frame_is_the_one_that_the_render_shows(module_studio: Studio, spec: dict[str, Any], rendered: RenderReport):
    frames = measure.frames_rgb(module_studio.output / "looked-at" / "video.mp4").astype(int)
    starts = np.cumsum([0, *(len(frames) // 5 for _ in range(5))])[:-1]
    wanted = sorted({*(int(start) for start in starts), 62, 63, 64, 66, len(frames) - 1})
    times = tuple(-(-number * 1000 // 30) for number in wanted)
    report = looked_at(module_studio, spec, at_ms=times)
    for number, file in zip(wanted, report.publication.files, strict=True):
        with Image.open(file.uri) as image:
            shown = np.asarray(image).astype(int)
        difference = np.abs(shown - frames[number])
        assert difference.max() <= 12, (number, difference.max())
        assert difference.mean() < 1


def test_the_contact_sheet_has_three_frames_of_each_scene(sheet: PreviewReport):
    (file,) = sheet.publication.files
    assert Path(file.uri).name == "contact-sheet.png"
    assert sum(step.name.startswith("draw_frame") for step in sheet.steps) == 9
    with Image.open(file.uri) as image:
        assert image.width > 3 * 320


def test_without_times_there_is_a_contact_sheet_and_the_run_shows_it(
    module_studio: Studio, spec: dict[str, Any], sheet: PreviewReport
):
    report = looked_at(module_studio, spec)
    assert report.publication == sheet.publication
    wanted = ArtifactFilter(key=ArtifactFilterKey(like_="preview-"))
    with get_client(sync_client=True) as client:
        newest_first = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC)
    shown = {artifact.key: artifact for artifact in reversed(newest_first)}
    assert str(shown["preview-picture"].data).startswith("data:image/jpeg;base64,")
    assert report.publication.files[0].uri in str(shown["preview-files"].data)


def test_a_time_after_the_end_is_the_users_mistake(module_studio: Studio, spec: dict[str, Any]):
    with pytest.raises(Exception, match="there is no frame at 99000 ms: the short is"):
        looked_at(module_studio, spec, at_ms=(99_000,))


def test_a_draft_is_small_and_shares_sound_and_plan(
    module_studio: Studio, spec: dict[str, Any], rendered: RenderReport
):
    from tasks.preview import draft_of

    wanted = {**spec, "variants": [{"shape": "wide"}], "export": {"clean": True}, "callback_url": "http://127.0.0.1:9/"}
    draft = draft_of(load_spec(json.dumps(wanted), base_dir=module_studio.root))
    report = module_studio.render(draft.model_dump(mode="json", exclude_none=True))
    made = {name.partition(":")[0] for name in worked(report)}
    assert made == {"compose_clip", "typeset_captions", "burn_subtitles", "make_poster", "assemble_video", "publish"}
    with av.open(str(module_studio.output / "looked-at" / "video.mp4")) as video:
        assert (video.streams.video[0].width, video.streams.video[0].height) == (360, 360)
