"""Pexels and Pixabay against a server that answers as their documents say."""

import json
import logging
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.pexels import Pexels
from blocks.pixabay import Pixabay
from blocks.settings import Settings
from engines.errors import ServiceFailed, ServiceRefused
from models.media import MediaKind
from models.stock import Shape, StockItem, StockSearch
from tests.stock_server import PEXELS_KEY, PIXABAY_KEY, Reply, Stock, StockServer

CLIP, PICTURE = MediaKind.VIDEO, MediaKind.IMAGE
SEA = StockSearch(query="sea waves", kinds=(CLIP, PICTURE), shape=Shape.PORTRAIT, language="de-AT")


@pytest.fixture
def server(tmp_path: Path) -> Generator[StockServer]:
    found = StockServer(tmp_path)
    yield found
    found.close()


def settings_of(server: StockServer) -> Settings:
    return Settings(pexels_api_url=f"{server.url}/pexels", pixabay_api_url=f"{server.url}/pixabay/api/")


def pexels(server: StockServer, key: str = PEXELS_KEY) -> Pexels:
    return Pexels.open(SecretStr(key), settings_of(server), key_help="set KEY")


def pixabay(server: StockServer, key: str = PIXABAY_KEY) -> Pixabay:
    return Pixabay.open(SecretStr(key), settings_of(server), key_help="set KEY")


OPENERS = pytest.mark.parametrize("client", [pexels, pixabay])


def found(client: Any, kind: MediaKind = CLIP, page: int = 1, per_page: int = 10) -> tuple[list[StockItem], bool]:
    answer, is_more = client.search(SEA, kind, page=page, per_page=per_page)
    return answer.data, is_more


def test_a_clip_of_pexels_has_all_that_is_needed(server: StockServer):
    server.pexels = [Stock(7, "sea waves", 1, width_px=2160, height_px=3840, duration_s=12)]
    (clip,), is_more = found(pexels(server))
    assert (clip.name, clip.width_px, clip.height_px, clip.duration_ms) == ("pexels:video:7", 2160, 3840, 12_000)
    assert [each.width_px for each in clip.renditions] == [2160, 1080, 720]  # and no playlist
    assert clip.preview_url.endswith("/poster.jpg")
    assert (clip.credit.author, clip.credit.licence) == ("Ada Author", "Pexels License")
    assert clip.credit.page_url == "https://www.pexels.com/video/7/"
    assert not is_more
    assert "orientation=portrait" in server.requests[0]
    assert "locale=de-DE" in server.requests[0]
    assert PEXELS_KEY not in server.requests[0]


def test_a_picture_of_pexels_comes_in_sizes(server: StockServer):
    server.pexels = [Stock(8, "sea waves", 1, width_px=4000, height_px=6000)]
    (picture,), _ = found(pexels(server), PICTURE)
    assert [(each.width_px, each.height_px) for each in picture.renditions] == [(866, 1300), (4000, 6000)]
    assert picture.duration_ms == 0


def test_a_clip_of_pixabay_leaves_out_the_size_that_is_not_there(server: StockServer):
    server.pixabay = [Stock(9, "sea waves", 1, width_px=1920, height_px=1080, duration_s=5, author="Zoë/9")]
    (clip,), _ = found(pixabay(server))
    assert [each.width_px for each in clip.renditions] == [1920, 960, 640]
    assert (clip.name, clip.duration_ms, clip.credit.author) == ("pixabay:video:9", 5000, "Zoë/9")
    assert clip.credit.author_url == "https://pixabay.com/users/Zo%C3%AB/9-9/"
    assert "lang=de" in server.requests[0]
    assert "safesearch=true" in server.requests[0]
    assert "orientation" not in server.requests[0]


def test_pictures_of_pixabay_are_asked_for_by_orientation(server: StockServer):
    server.pixabay = [Stock(1, "sea waves", 1, 3000, 2000), Stock(2, "sea waves", 1, 2000, 3000)]
    (picture,), _ = found(pixabay(server), PICTURE)
    assert picture.item_id == "2"
    assert [(each.width_px, each.height_px) for each in picture.renditions] == [(853, 1280)]


@OPENERS
def test_pages_follow_each_other_to_the_end(client: Any, server: StockServer):
    server.pexels = server.pixabay = [Stock(number, "sea waves", number, duration_s=5) for number in range(7)]
    pages = [found(client(server), page=page, per_page=3) for page in (1, 2, 3)]
    assert [[item.item_id for item in items] for items, _ in pages] == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    assert [is_more for _, is_more in pages] == [True, True, False]


@OPENERS
def test_nothing_found_is_no_error(client: Any, server: StockServer):
    assert found(client(server)) == ([], False)


@OPENERS
def test_an_item_is_found_again_by_its_number(client: Any, server: StockServer):
    server.pexels = server.pixabay = [Stock(4, "sea waves", 1), Stock(4, "sea waves", 1, duration_s=3)]
    for kind in (CLIP, PICTURE):
        (item,), _ = found(client(server), kind)
        assert client(server).find(item).data == item
    server.pexels = server.pixabay = []
    with pytest.raises(ServiceRefused):
        client(server).find(item)


@OPENERS
def test_a_wrong_key_is_told_without_the_key(client: Any, server: StockServer):
    with pytest.raises(ServiceRefused, match=r"the key is not accepted .*; set KEY") as failure:
        found(client(server, "wrong-5f1c"))
    assert "wrong-5f1c" not in str(failure.value)


@OPENERS
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_may_pass_is_tried_again(client: Any, status: int, server: StockServer):
    for service in ("pexels", "pixabay"):
        server.fail(service, Reply(status, b"<html>busy</html>"))
    with pytest.raises(ServiceFailed, match=f"stock:.* it answered {status}$") as failure:
        found(client(server))
    assert failure.value.retry_after_s is None


@OPENERS
@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "17"}, 17),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "23"}, 23),
        ({"X-Ratelimit-Reset": "in a while"}, None),
    ],
)
def test_the_wait_that_a_429_asks_for(client: Any, headers: dict[str, str], wait_s: float | None, server: StockServer):
    for service in ("pexels", "pixabay"):
        server.fail(service, Reply(429, b"API rate limit exceeded", headers))
    with pytest.raises(ServiceFailed) as failure:
        found(client(server))
    assert failure.value.retry_after_s == wait_s


def test_an_answer_that_uses_up_the_limit_asks_for_a_pause(server: StockServer):
    server.remaining = {"pexels": 1, "pixabay": 1}
    assert pexels(server).search(SEA, CLIP, page=1, per_page=3)[0].pause_s is None
    server.remaining = {"pexels": 0, "pixabay": 0}
    until_s = pexels(server).search(SEA, CLIP, page=1, per_page=3)[0].pause_s  # it tells a time, 40 s from now
    assert until_s is not None
    assert 30 < until_s <= 41
    assert pixabay(server).search(SEA, CLIP, page=1, per_page=3)[0].pause_s == 40


@OPENERS
@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"videos": [{"id": 1}], "hits": [{"id": 1}]}',
        b'{"videos": 3, "hits": {"a": 1}}',
        b"\x00",
    ],
)
def test_an_answer_of_another_form_is_the_services_fault(client: Any, body: bytes, server: StockServer):
    for service in ("pexels", "pixabay"):
        server.fail(service, Reply(200, body))
    with pytest.raises(ServiceFailed, match="its answer is not"):
        found(client(server))


@OPENERS
def test_other_refusals_tell_the_services_words(client: Any, server: StockServer):
    for service in ("pexels", "pixabay"):
        server.fail(service, Reply(400, json.dumps({"error": "query is\nmissing"}).encode()))
    with pytest.raises(ServiceRefused, match="it answered 400: query is missing"):
        found(client(server))


def test_a_server_that_is_not_there_may_come_back(server: StockServer):
    gone = Settings(pexels_api_url="http://127.0.0.1:9", pixabay_api_url="http://127.0.0.1:9")
    for client in (Pexels, Pixabay):
        with pytest.raises(ServiceFailed):
            found(client.open(SecretStr("k"), gone, key_help=""))


def test_an_address_that_is_none_is_the_operators_mistake():
    with pytest.raises(ServiceRefused, match="address"):
        found(Pexels.open(SecretStr("k"), Settings(pexels_api_url="pexels"), key_help=""))


def test_an_endless_answer_is_cut_off(server: StockServer):
    server.fail("pexels", Reply(200, b"[" + b"1," * 6_000_000))
    with pytest.raises(ServiceRefused, match="larger than"):
        found(pexels(server))


@OPENERS
def test_no_log_has_a_key(client: Any, server: StockServer, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    found(client(server))
    assert server.requests
    assert PEXELS_KEY not in caplog.text
    assert PIXABAY_KEY not in caplog.text
