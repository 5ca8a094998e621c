"""A batch in this process: every row's video, the reports, what Prefect's UI shows, and the same batch again."""

import csv
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact

from blocks.heartbeat import no_heartbeat
from models.batch import BatchReport, RowState, RunsWhere
from tasks.errors import RowsFailed
from tests.flows.studio import Studio

HEADER = "name,title,quality,canvas.preset,scenes.0.visual,scenes.0.min_duration_ms"
GOOD = "red,A red one,draft,square,color:#802020,400"
WRONG = "=wrong,A wrong one,draft,round,color:#802020,400"
FAILING = "late,A late one,draft,square,picture.png,400"


@pytest.fixture
def settings(studio: Studio) -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch, no_heartbeat():
        for name, value in studio.environment.items():
            patch.setenv(name, value)
        yield


def render(source: Path, output: Path) -> BatchReport:
    from flows.render_batch import render_batch

    return render_batch(str(source), destination=str(output), where=RunsWhere.HERE)


def shown(key: str) -> Artifact:
    """The newest artifact of a key."""
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        return max(client.read_artifacts(artifact_filter=wanted), key=lambda artifact: artifact.created)


def told(folder: Path) -> tuple[BatchReport, list[dict[str, Any]]]:
    """The reports at the destination."""
    with (folder / "report.csv").open(newline="") as file:
        return BatchReport.model_validate_json((folder / "report.json").read_text()), list(csv.DictReader(file))


def test_bad_rows_do_not_stop_the_others_and_only_they_are_tried_again(studio: Studio, settings: None):
    source, folder = studio.root / "shorts.csv", studio.output / "shorts"
    source.write_text("\n".join([HEADER, FAILING, WRONG, GOOD, GOOD]))
    with pytest.raises(RowsFailed, match="2 of 4"):
        render(source, studio.output)

    report, lines = told(folder)
    assert [row.state for row in report.rows] == [
        RowState.FAILED,
        RowState.INVALID,
        RowState.DONE,
        RowState.DUPLICATE,
    ]
    late, wrong, red, _ = lines
    assert "picture.png" in late["error"]
    assert "canvas.preset" in wrong["error"]
    assert wrong["name"] == "'=wrong"  # no spreadsheet computes it
    assert (red["row"], red["state"], red["attempts"], red["error"]) == ("3", "done", "1", "")
    assert red["link"] == (folder / "red" / "video.mp4").as_uri()
    assert float(red["seconds"]) > 0
    assert int(red["steps"]) > int(red["cached steps"])
    assert (folder / "red" / "video.mp4").is_file()
    assert json.loads(str(shown("batch-progress").data)) == 100.0
    table = json.loads(str(shown("batch-rows").data))
    assert [row["state"] for row in table] == ["failed", "invalid", "done", "duplicate"]
    assert "1 done" in str(shown("batch-rows").description)

    written = (folder / "red" / "video.mp4").stat().st_mtime_ns
    Image.new("RGB", (64, 64), "#204060").save(studio.root / "picture.png")
    source.write_text("\n".join([HEADER, FAILING, GOOD]))
    again = render(source, studio.output)
    assert again.counts == {"done": 1, "skipped": 1}
    assert again.rows[1].link == red["link"]
    assert (folder / "red" / "video.mp4").stat().st_mtime_ns == written


def test_a_batch_of_nothing_is_done(studio: Studio, settings: None):
    (studio.root / "inbox").mkdir()
    report = render(studio.root / "inbox", studio.output)
    assert (report.rows, report.unfinished) == ((), 0)
    assert told(studio.output / "inbox")[1] == []
