"""Generated pictures against a server that answers as OpenAI's documents say."""

import io
import json
from collections.abc import Generator
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr

from blocks.image_api import ImageApi, needs_key, service_of
from blocks.settings import Settings
from blocks.web import WebFile
from engines.errors import ServiceFailed, ServiceRefused
from tests.stock_server import IMAGE_KEY, Reply, StockServer


@pytest.fixture
def server(tmp_path: Path) -> Generator[StockServer]:
    found = StockServer(tmp_path)
    yield found
    found.close()


def client(server: StockServer, key: str | None = IMAGE_KEY) -> ImageApi:
    settings = Settings(image_api_url=f"{server.url}/openai/v1")
    return ImageApi.open(SecretStr(key) if key else None, settings, key_help="set KEY")


def make(server: StockServer, key: str | None = IMAGE_KEY) -> bytes | WebFile:
    return client(server, key).make("a red fox", model="gpt-image-1", size="1024x1536")


def test_a_picture_in_the_answer(server: StockServer):
    made = make(server)
    assert isinstance(made, bytes)
    assert Image.open(io.BytesIO(made)).size == (256, 384)
    assert server.bodies == [{"model": "gpt-image-1", "prompt": "a red fox", "size": "1024x1536", "n": 1}]


def test_a_picture_at_an_address_of_the_endpoint_may_be_private(server: StockServer):
    server.image_answer = "url"
    made = make(server)
    assert isinstance(made, WebFile)
    target = io.BytesIO()
    made.download(target)
    assert Image.open(target).size == (256, 384)
    assert "secret" not in made.uri


def test_a_picture_at_another_private_address_is_not_read(server: StockServer):
    body = {"data": [{"url": "http://127.0.0.1:1/x.png"}]}
    server.fail("openai", Reply(200, json.dumps(body).encode()))
    made = make(server)
    assert isinstance(made, WebFile)
    assert not made.settings.allow_private_networks


def test_a_wrong_key_is_told_without_the_key(server: StockServer):
    with pytest.raises(ServiceRefused, match=r"the key is not accepted .*set KEY") as failure:
        make(server, "sk-wrong")
    assert "sk-wrong" not in str(failure.value)


def test_no_key_is_sent_where_there_is_none(server: StockServer):
    with pytest.raises(ServiceRefused, match=r"401: Incorrect API key provided: \."):
        make(server, None)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"message": "Rejected by the safety system.", "code": "moderation_blocked"}, ServiceRefused),
        (429, {"message": "You exceeded your current quota.", "code": "insufficient_quota"}, ServiceRefused),
        (429, {"message": "Rate limit reached", "code": "rate_limit_exceeded"}, ServiceFailed),
        (500, {"message": "The server had an error"}, ServiceFailed),
    ],
)
def test_refusals_and_faults_are_told_apart(
    status: int, error: dict[str, str], kind: type[Exception], server: StockServer
):
    server.fail("openai", Reply(status, json.dumps({"error": error}).encode(), {"Retry-After": "2"}))
    with pytest.raises(kind, match=error["message"]):
        make(server)


@pytest.mark.parametrize("body", [b"{}", b'{"data": []}', b'{"data": [{}]}', b'{"data": [{"b64_json": "%%"}]}', b"3"])
def test_an_answer_without_a_picture_is_the_services_fault(body: bytes, server: StockServer):
    server.fail("openai", Reply(200, body))
    with pytest.raises(ServiceFailed):
        make(server)


def test_only_openai_itself_is_known_to_want_a_key(server: StockServer):
    assert needs_key(Settings())
    assert service_of(Settings()) == "image api.openai.com:443"
    assert not needs_key(Settings(image_api_url=f"{server.url}/v1"))
