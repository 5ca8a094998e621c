import hashlib
import hmac
import json
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from blocks.callbacks import EVENT_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER
from engines.errors import DiskFull
from models.callback import CallbackEvent, Ending
from tasks.callback import fixed_body
from tasks.errors import RenderFailed
from tests.flows.studio import Studio
from tests.receiver import Receiver

SECRET = "between us"
ALLOWED = {"NEUROSHORTS_ALLOW_PRIVATE_NETWORKS": "true", "NEUROSHORTS_CALLBACK_SECRET": SECRET}


@pytest.fixture
def receiver() -> Generator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def spec(url: str, **fields):
    scene = {"visual": "color:#204060", "min_duration_ms": 400}
    draft = {"canvas": {"preset": "square"}, "quality": "draft", "callback_url": url}
    return {"title": "Called back", "scenes": [scene | fields], **draft}


def test_the_end_of_a_render_is_told_once_and_signed(studio: Studio, receiver: Receiver):
    receiver.statuses = [503]
    report = studio.render(spec(receiver.url), **ALLOWED)
    assert len(receiver.posts) == 2
    assert receiver.posts[0][1] == receiver.posts[1][1]
    headers, body = receiver.posts[-1]
    signed = headers[TIMESTAMP_HEADER].encode() + b"." + body  # as docs/callbacks.md tells receivers
    assert headers[SIGNATURE_HEADER] == f"sha256={hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()}"
    assert 0 <= time.time() - int(headers[TIMESTAMP_HEADER]) < 300
    event = json.loads(body)
    assert event["state"] == "completed"
    assert event["link"] == report.publication.link
    assert event["id"] == headers[EVENT_HEADER] == f"{report.run_id}:1:completed"
    assert [file["name"] for file in event["files"]] == ["video.mp4", "poster.jpg", "captions.srt", "captions.vtt"]


def test_a_failed_render_is_told_with_its_reasons(studio: Studio, receiver: Receiver):
    with pytest.raises(RenderFailed):
        studio.render(spec(receiver.url, visual="missing.jpg"), **ALLOWED)
    (_, body), *others = receiver.posts
    assert not others
    event = json.loads(body)
    assert event["state"] == "failed"
    (failure,) = event["error"]["failures"]
    assert (failure["step"], failure["scene"], failure["may_pass"]) == ("fetch_asset", 1, False)
    assert "missing.jpg" in failure["reason"]
    assert "missing.jpg" in event["error"]["message"]


def test_a_render_whose_report_cannot_be_written_is_told_as_failed(
    studio: Studio, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    """The files are there, but the run ends as failed: without this nobody would tell its receiver."""

    def full(*_: object, **__: object) -> str:
        raise DiskFull(path="report.json", reason="No space left on device")

    monkeypatch.setattr("flows.render_short.write_report", full)
    with pytest.raises(DiskFull):
        studio.render(spec(receiver.url), **ALLOWED)
    ((_, body),) = receiver.posts
    assert json.loads(body)["state"] == "failed"
    assert "No space left" in json.loads(body)["error"]["message"]


def test_a_callback_into_a_private_network_is_refused_and_the_render_stands(studio: Studio, receiver: Receiver):
    report = studio.render(spec(receiver.url))
    assert not receiver.posts
    (note,) = report.notes
    assert note.startswith("The callback was not delivered: callback to http://127.0.0.1")
    assert (studio.output / report.slug / "video.mp4").exists()


def test_an_event_has_one_content_whoever_tells_it_first(store):
    def event(seconds: float) -> CallbackEvent:
        return CallbackEvent(
            id="run:1:completed", state=Ending.COMPLETED, run_id="run", attempt=1, title="T", slug="t", seconds=seconds
        )

    with ThreadPoolExecutor(8) as pool:
        bodies = set(pool.map(lambda number: fixed_body(event(number)), range(32)))
    assert len(bodies) == 1
    assert fixed_body(event(99)) in bodies
