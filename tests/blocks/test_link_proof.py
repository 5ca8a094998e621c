"""Share links are opened once: what they download is the file, or it is told."""

import hashlib
import time
from typing import Any

import pytest

from blocks import link_proof
from blocks.link_proof import is_proved, needs_proof, prove
from blocks.settings import Settings
from engines.errors import DownloadFailed, LinkBroken
from models.report import PublishedFile

CONTENT = b"a short" * 1000
FILE = PublishedFile(
    name="video.mp4", uri="s3://b/video.mp4", sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT)
)
SECRET = "?X-Amz-Signature=s3cret"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_proof, "PAUSES_S", (0.0, 0.0))


def test_the_very_file_is_proof_though_its_server_is_inside(web: Any):
    web.page("/video.mp4" + SECRET, CONTENT)
    prove(f"{web.url}/video.mp4{SECRET}", FILE, Settings())
    assert web.gets() == 1


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ({"body": CONTENT[:-1]}, "6999 bytes came that are not the file's 7000"),
        ({"body": CONTENT[:-1] + b"!"}, "7000 bytes came that are not the file's 7000"),
        ({"body": CONTENT + b"!"}, "more comes than the file's 7000 bytes"),
        ({"body": b"<html>Sign in</html>"}, "20 bytes came"),
        ({"status": 403}, "403"),
        ({"status": 404}, "not found"),
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/latest/meta-data"}}, "not a public address"),
    ],
)
def test_anything_else_is_told_without_the_signature(web: Any, page: dict[str, Any], reason: str):
    web.page("/video.mp4" + SECRET, **page)
    with pytest.raises(LinkBroken, match=reason) as told:
        prove(f"{web.url}/video.mp4{SECRET}", FILE, Settings())
    assert f"{web.url}/video.mp4 " in str(told.value)
    assert "s3cret" not in str(told.value)


def test_a_redirect_to_another_server_inside_is_not_followed(web: Any):
    web.page("/video.mp4", status=302, headers={"Location": web.url.replace("127.0.0.1", "localhost") + "/other"})
    web.page("/other", CONTENT)
    with pytest.raises(LinkBroken, match="not a public address"):
        prove(f"{web.url}/video.mp4", FILE, Settings())


def test_a_body_without_end_is_left_as_soon_as_it_is_too_long(web: Any):
    web.page("/video.mp4", CONTENT * 1000, unbounded=True)
    with pytest.raises(LinkBroken, match="more comes"):
        prove(f"{web.url}/video.mp4", FILE, Settings())


def test_a_fault_that_passes_is_no_reason(web: Any):
    web.page("/video.mp4", CONTENT, failures=2)
    prove(f"{web.url}/video.mp4", FILE, Settings())
    assert web.gets() == 3


def test_one_that_stays_is_no_proof_against_the_link(web: Any):
    web.page("/video.mp4", status=503)
    with pytest.raises(DownloadFailed, match="503"):
        prove(f"{web.url}/video.mp4", FILE, Settings())


def test_it_takes_no_longer_than_it_may(web: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(link_proof, "LONGEST_S", 1.0)
    monkeypatch.setattr(link_proof, "PAUSES_S", ())
    web.page("/video.mp4", CONTENT[:1], declared_length=len(CONTENT))  # and then nothing, with the line open
    started = time.monotonic()
    with pytest.raises(DownloadFailed):
        prove(f"{web.url}/video.mp4", FILE, Settings(read_timeout_s=1))
    assert time.monotonic() - started < 60


def test_what_needs_it_and_what_has_it():
    settings = Settings()
    assert needs_proof("https://bucket.example/video.mp4", "s3://bucket", settings)
    assert not needs_proof("https://bucket.example/video.mp4", "s3://bucket", Settings(prove_links=False))
    assert not needs_proof("sftp://films/video.mp4", "sftp://films", settings)
    assert is_proved("file:///out/video.mp4", "/out")
    assert not is_proved("https://cdn.example/video.mp4", "/out")
