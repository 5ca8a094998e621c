import json
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from blocks.callbacks import EVENT_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER
from engines.signing import is_signed
from models.callback import CallbackEvent, Ending
from tasks.callback import fixed_body
from tasks.errors import RenderFailed
from tests.flows.studio import Studio

SECRET = "between us"
ALLOWED = {"NEUROSHORTS_ALLOW_PRIVATE_NETWORKS": "true", "NEUROSHORTS_CALLBACK_SECRET": SECRET}


class Receiver:
    """Keeps every POST; answers with `statuses` in turn, then with 200."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((dict(self.headers), body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?token=t"


@pytest.fixture
def receiver() -> Generator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


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
    sent_s = int(headers[TIMESTAMP_HEADER])
    assert is_signed(body, headers[SIGNATURE_HEADER], secret=SECRET, timestamp_s=sent_s, now_s=sent_s)
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


def test_a_callback_into_a_private_network_is_refused_and_the_render_stands(studio: Studio, receiver: Receiver):
    report = studio.render(spec(receiver.url))
    assert not receiver.posts
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
