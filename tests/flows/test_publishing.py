"""Renders that are published to S3: what they tell, what they leave there, and whom they make way for."""

import hashlib
import json
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from engines.errors import DestinationTaken, StoreRefused
from models.report import RenderReport
from tasks.errors import RenderFailed
from tests.flows.studio import Studio, worked
from tests.receiver import Receiver

OPEN = {"NEUROSHORTS_ALLOW_PRIVATE_NETWORKS": "true"}


@pytest.fixture
def receiver() -> Generator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def studio(studio: Studio, s3: Any) -> Studio:
    """An installation that publishes to S3."""
    studio.output = f"{s3.url}/{{date}}/{{slug}}/"  # type: ignore[assignment]
    return studio


def spec(color: str = "#204060", **fields: Any) -> dict[str, Any]:
    scene = {"visual": f"color:{color}", "min_duration_ms": 400}
    return {"title": "Given away", "canvas": {"preset": "square"}, "quality": "draft", "scenes": [scene], **fields}


def sha256_at(link: str) -> str:
    return hashlib.sha256(httpx.get(link).raise_for_status().content).hexdigest()


def link_artifact(report: RenderReport) -> str:
    of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[report.run_id]))
    with get_client(sync_client=True) as client:
        (found,) = [each for each in client.read_artifacts(artifact_filter=of_run) if each.key == "render-video"]
    return f"{found.data} {found.description}"


def test_report_artifact_and_callback_have_one_link_that_downloads_the_video(
    studio: Studio, s3: Any, receiver: Receiver
):
    report = studio.render(spec(callback_url=receiver.url), **OPEN)
    publication = report.publication
    assert sha256_at(publication.link) == report.video.blob.sha256 == publication.files[0].sha256
    today = datetime.now(UTC).date()
    assert publication.files[0].uri == f"{s3.url}/{today}/given-away/video.mp4"
    written = json.loads(s3.get(f"{today}/given-away/report.json"))
    event = json.loads(receiver.posts[-1][1])
    assert written["publication"]["link"] == event["link"] == publication.link
    assert written["publication"]["link_expires"] == event["link_expires"]
    assert publication.link_expires is not None
    assert publication.link_proved is event["link_proved"] is True
    told = link_artifact(report)
    assert publication.link in told
    assert f"until {publication.link_expires:%Y-%m-%d %H:%M} UTC. It downloads the video" in told
    types = {file.name: s3.head(f"{today}/given-away/{file.name}")["ContentType"] for file in publication.files}
    assert types == {
        "video.mp4": "video/mp4",
        "poster.jpg": "image/jpeg",
        "captions.srt": "application/x-subrip",
        "captions.vtt": "text/vtt",
    }
    assert s3.head(f"{today}/given-away/report.json")["ContentType"] == "application/json"
    labels = s3.head(f"{today}/given-away/video.mp4")["Metadata"]
    assert labels == {"title": "Given away", "run": report.run_id, "sha256": report.video.blob.sha256}
    again = studio.render(spec(), **OPEN)
    assert worked(again) == set()
    assert again.publication == publication


def test_the_command_takes_a_url_as_it_is(studio: Studio, s3: Any, prefect_server: str):
    ended = studio.run(spec(), "--json")
    assert ended.returncode == 0, ended.stderr
    publication = json.loads(ended.stdout)["publication"]
    assert publication["files"][0]["uri"].startswith(f"{s3.url}/")
    assert publication["link_proved"] is True
    assert {key.rpartition("/")[2] for key in s3.names()} >= {"video.mp4", "report.json"}


def test_another_spec_of_the_same_title_is_stopped_before_any_work_and_overwrites_when_asked(studio: Studio, s3: Any):
    first = studio.render(spec())
    with pytest.raises(DestinationTaken, match=f"'Given away' of the run {first.run_id}"):
        studio.render(spec("#602040"))
    assert sha256_at(first.publication.link) == first.video.blob.sha256
    second = studio.render(spec("#602040", overwrite="title"))
    assert sha256_at(second.publication.link) == second.video.blob.sha256 != first.video.blob.sha256
    assert sha256_at(first.publication.link) == second.video.blob.sha256
    studio.output = f"{s3.url}/{{run}}"  # type: ignore[assignment]
    third = studio.render(spec("#206040"))
    assert third.publication.files[0].uri == f"{s3.url}/{third.run_id}/given-away/video.mp4"


def test_faults_while_publishing_pass_and_those_that_stay_leave_nothing_half(studio: Studio, s3: Any):
    s3.proxy.fault("reset", method="PUT", path="video.mp4", times=10)
    report = studio.render(spec())
    assert sha256_at(report.publication.link) == report.video.blob.sha256
    (service,) = report.services
    assert (service.name, service.failures >= 1, service.circuit) == (f"storage {s3.bucket}", True, "closed")
    s3.proxy.fault("500", method="PUT", path="video.mp4", times=10_000)
    with pytest.raises(RenderFailed, match=r"publish: s3://.*/video.mp4 cannot be reached") as told:
        studio.render(spec("#602040", title="Kept back"))
    (failure,) = told.value.failures
    assert (failure.step, failure.may_pass) == ("publish", True)
    assert not [key for key in s3.names() if "kept-back" in key and not key.endswith(".neuroshorts.json")]
    assert s3.unfinished() == []
    s3.proxy.faults.clear()
    later = studio.render(spec("#602040", title="Kept back"))
    assert worked(later) == {"publish"}


def test_a_presigned_link_that_is_refused_is_a_failure_told_without_its_signature(studio: Studio, s3: Any):
    s3.proxy.fault("denied", method="GET", path="X-Amz-Signature", times=10_000)
    with pytest.raises(RenderFailed, match=r"publish: the share link .*/video.mp4 does not download .* 403") as told:
        studio.render(spec())
    assert "Signature" not in str(told.value)
    assert [failure.may_pass for failure in told.value.failures] == [False]
    trusted = studio.render(spec(), NEUROSHORTS_PROVE_LINKS="false")
    assert worked(trusted) == {"publish"}
    assert trusted.publication.link_proved is None


def test_a_public_address_that_is_not_there_yet_is_told_and_looked_at_again(
    studio: Studio, s3: Any, web: Any, receiver: Receiver, caplog: pytest.LogCaptureFixture
):
    studio.output = f"{s3.url}/films"  # type: ignore[assignment]
    base = {**OPEN, "NEUROSHORTS_LINK_BASES": json.dumps({f"{s3.url}/films": web.url})}
    first = studio.render(spec(callback_url=receiver.url), **base)
    publication, event = first.publication, json.loads(receiver.posts[-1][1])
    assert publication.link == f"{web.url}/given-away/video.mp4"
    assert publication.link_proved is event["link_proved"] is False
    assert publication.link_problem == event["link_problem"]
    assert "not found" in publication.link_problem
    assert "Not proved: " in link_artifact(first)
    assert "is not proved" in caplog.text
    web.page("/given-away/video.mp4", s3.get("films/given-away/video.mp4"))
    second = studio.render(spec(callback_url=receiver.url), **base)
    assert "publish" in worked(second)
    assert second.publication.link_proved is True
    assert second.publication.link_problem == ""
    assert "publish" not in worked(studio.render(spec(), **base))


def test_a_folder_of_this_machine_takes_the_same_title_again(studio: Studio, tmp_path: Path):
    studio.output = tmp_path / "out"
    studio.render(spec())
    second = studio.render(spec("#602040"))
    with pytest.raises(DestinationTaken):
        studio.render(spec("#602040", title="Given  away!"))
    assert second.publication.link_expires is None
    assert hashlib.sha256((tmp_path / "out/given-away/video.mp4").read_bytes()).hexdigest() == second.video.blob.sha256


def test_a_file_from_elsewhere_in_the_folder_is_told_before_any_work(studio: Studio, tmp_path: Path):
    studio.output = tmp_path / "out"
    (tmp_path / "out/given-away").mkdir(parents=True)
    (tmp_path / "out/given-away/video.mp4").write_text("somebody's")
    with pytest.raises(DestinationTaken, match=r"has video.mp4 from elsewhere"):
        studio.render(spec())
    assert not studio.blobs()
    assert (tmp_path / "out/given-away/video.mp4").read_text() == "somebody's"
    studio.render(spec(overwrite="always"))
    assert (tmp_path / "out/given-away/video.mp4").read_bytes() != b"somebody's"


def test_a_folder_that_cannot_be_written_to_is_told_before_any_work(studio: Studio, tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    studio.output = tmp_path / "file"
    with pytest.raises(StoreRefused, match="file is there, and is no folder"):
        studio.render(spec())
    assert not studio.blobs()
