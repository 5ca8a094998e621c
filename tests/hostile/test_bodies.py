"""Answers of hostile servers: endless, slow, packed to burst, and with lengths that lie."""

import gzip
import io
import itertools
import resource
import zlib
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from blocks.api import Api
from blocks.callbacks import post
from blocks.settings import Settings
from blocks.web import WebFile
from engines.audio.voices.web import SpeechService
from engines.bodies import declared_bytes, pieces
from engines.errors import (
    CallbackFailed,
    DownloadFailed,
    ServiceFailed,
    SourceRefused,
    SourceTooLarge,
    SpeechFailed,
)
from tests.hostile_server import sending

MIB = 1 << 20
OPEN = Settings(allow_private_networks=True, max_source_bytes=8 * MIB, connect_timeout_s=0.3, read_timeout_s=0.3)
OK = b"HTTP/1.1 200 OK\r\n"


def download(url: str, settings: Settings = OPEN) -> bytes:
    target = io.BytesIO()
    WebFile(f"{url}/a.jpg", settings).download(target)
    return target.getvalue()


def resident_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def test_an_endless_body_is_cut_off_at_the_limit():
    endless = itertools.chain([OK + b"\r\n"], itertools.repeat(b"x" * 65536))
    with sending(endless) as url, pytest.raises(SourceTooLarge):
        download(url)
    chunked = itertools.chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"fffc\r\n" + b"x" * 65532 + b"\r\n")
    )
    with sending(chunked) as url, pytest.raises(SourceTooLarge):
        download(url)


def test_a_body_that_drips_ends_with_the_longest_download():
    dripping = itertools.chain([OK + b"Content-Length: 1000\r\n\r\n"], itertools.repeat(b"x"))
    settings = OPEN.model_copy(update={"download_timeout_s": 0.4})
    with sending(dripping, every_s=0.05) as url, pytest.raises(SourceTooLarge, match="to download"):
        download(url, settings)


@pytest.mark.parametrize(
    "head",
    [
        b"Transfer-Encoding: chunked\r\n\r\n5;",  # a chunk's extension, one byte after the other
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: ",
        b"\r\n",  # a body without a length, which ends where its connection does
    ],
)
def test_what_drips_beside_the_body_ends_with_the_longest_download_too(head: bytes):
    dripping = itertools.chain([OK + head], itertools.repeat(b"x"))
    settings = OPEN.model_copy(update={"download_timeout_s": 0.4})
    with sending(dripping, every_s=0.05) as url, pytest.raises(SourceTooLarge, match=r"0\.4 s to download"):
        download(url, settings)


@pytest.mark.parametrize("head", [b"X-A: ", b"Transfer-Encoding: chunked\r\n\r\n5;", b"\r\n"])
def test_a_service_that_drips_is_given_up(head: bytes):
    dripping = itertools.chain([OK + head], itertools.repeat(b"x"))
    with sending(dripping, every_s=0.05) as url, pytest.raises(ServiceFailed, match="took longer than"):
        Api("stock:test", url, OPEN, timeout_s=0.3).get("search", {})
    with sending(dripping, every_s=0.05) as url, pytest.raises(SpeechFailed, match="took more than"):
        SpeechService("test", url, timeout_s=0.3).post("speech", {})


def test_a_service_that_answers_with_nests_has_not_answered():
    body = b"[" * 100_000
    with (
        sending([OK + b"Content-Length: 100000\r\n\r\n" + body]) as url,
        pytest.raises(ServiceFailed, match="not JSON"),
    ):
        Api("stock:test", url, OPEN).get("search", {})
    with sending([OK + b"Content-Length: 100000\r\n\r\n" + body]) as url, pytest.raises(SpeechFailed, match="not JSON"):
        SpeechService("test", url).get("voices")


def test_headers_that_drip_are_not_waited_for():
    dripping = itertools.chain([OK], itertools.repeat(b"X-A: b\r\n"))
    with sending(dripping, every_s=0.05) as url, pytest.raises(DownloadFailed, match="did not answer within"):
        download(url)


def test_headers_without_end_are_refused():
    endless = itertools.chain([OK], itertools.repeat(b"X-A: " + b"b" * 1000 + b"\r\n"))
    with sending(endless) as url, pytest.raises(DownloadFailed):
        download(url)


@pytest.mark.parametrize("length", [b"-1", b"abc", b"1e3", b"9" * 5000, b"5, 6"])
def test_a_length_that_is_none_is_a_failed_download(length: bytes):
    with (
        sending([OK + b"Content-Length: " + length + b"\r\n\r\nhello"]) as url,
        pytest.raises((DownloadFailed, SourceTooLarge)),
    ):
        download(url)


def test_a_body_longer_than_it_says_is_not_read_further():
    with sending([OK + b"Content-Length: 5\r\n\r\nhello and more"]) as url:
        assert download(url) == b"hello"


def packed(coding: str, body: bytes) -> bytes:
    return OK + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
def test_what_is_packed_uninvited_is_unpacked(coding: str):
    with sending([packed(coding, gzip.compress(b"hello" * 9999))]) as url:
        assert download(url) == b"hello" * 9999
    with sending([packed("deflate", zlib.compress(b"hello"))]) as url:
        assert download(url) == b"hello"


def test_a_bomb_of_gzip_stops_at_the_limit_and_takes_no_memory():
    bomb = gzip.compress(bytes(128 * MIB), 9)
    before = resident_bytes()
    with sending([packed("gzip", bomb)]) as url, pytest.raises(SourceTooLarge):
        download(url)
    assert resident_bytes() - before < 64 * MIB


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "x" * 500])
def test_other_packings_whose_bombs_have_no_bound_are_not_unpacked_at_all(coding: str):
    with sending([packed(coding, b"any")]) as url, pytest.raises(DownloadFailed, match="not asked for"):
        download(url)
    with sending([packed(coding, b"any")]) as url, pytest.raises(ServiceFailed, match="not asked for"):
        Api("stock:test", url, OPEN, SecretStr("a-long-key")).get("search", {})
    with sending([packed(coding, b"any")]) as url, pytest.raises(SpeechFailed, match="not asked for"):
        SpeechService("test", url).post("speech", {})


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"hello" * 999, mtime=0)[:-9]])
def test_what_is_not_packed_as_it_says_is_a_failed_download(body: bytes):
    with sending([packed("gzip", body)]) as url, pytest.raises(DownloadFailed):
        download(url)


def test_a_receiver_whose_answer_never_ends_is_not_listened_to():
    endless = itertools.chain([OK + b"\r\n"], itertools.repeat(b"x" * 65536))
    with sending(endless) as url:
        assert post(url, "{}", event_id="1", secret=None, settings=OPEN, timeout_s=5) == 200
    dripping = itertools.chain([OK], itertools.repeat(b"X-A: b\r\n"))
    with sending(dripping, every_s=0.05) as url, pytest.raises(CallbackFailed):
        post(url, "{}", event_id="1", secret=None, settings=OPEN, timeout_s=0.3)


@pytest.mark.parametrize(("told", "length"), [("12", 12), ("", 0), ("x", 0), ("٣", 0), ("-1", 0), ("9" * 40, 0)])
def test_a_declared_length_is_a_number_or_none(told: str, length: int):
    assert declared_bytes(httpx.Response(200, headers={"Content-Length": told.encode()})) == length


def test_pieces_are_small():
    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            yield gzip.compress(bytes(4 * MIB))

    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Body())
    sizes = [len(piece) for piece in pieces(answer)]
    assert sum(sizes) == 4 * MIB
    assert max(sizes) <= 65536


@pytest.mark.parametrize(
    "address", ["http://u:p4ss@a:b/x", "http://u:p4/ss@a/x", "http://u:p4ss@[::1/x", "http://u:p4ss@/"]
)
def test_a_password_in_what_is_no_address_is_not_told(address: str):
    with pytest.raises(SourceRefused) as caught:
        WebFile(address, Settings()).version()
    assert "p4" not in str(caught.value)
