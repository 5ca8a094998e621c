"""Secrets that a spec or the installation holds are nowhere but where they are used."""

import logging
from pathlib import Path
from typing import Any

import pytest

from engines.errors import NeuroShortsError, RenderFailed
from tests.conftest import WebServer
from tests.flows.studio import Studio

PASSWORD, SIGNATURE, KEY, TOKEN = "hunter2hunter2", "s3cr3tsignature", "sk-0123456789abcdef", "hooktoken99"
SECRETS = (PASSWORD, SIGNATURE, KEY, TOKEN)
ENVIRONMENT = {
    "NEUROSHORTS_ALLOW_PRIVATE_NETWORKS": "true",
    "NEUROSHORTS_IMAGE_API_KEY": KEY,
    "NEUROSHORTS_OPENAI_API_KEY": KEY,
    "NEUROSHORTS_PEXELS_API_KEY": KEY,
    "NEUROSHORTS_CALLBACK_SECRET": KEY,
    "PREFECT_TASK_DEFAULT_RETRIES": "0",
}


def spec(web: WebServer, *, visual: str = "", **fields: Any) -> dict[str, Any]:
    signed = web.url.replace("http://", f"http://user:{PASSWORD}@") + f"/a.png?X-Signature={SIGNATURE}"
    scene = {"visual": visual or signed, "min_duration_ms": 300}
    return {
        **{"title": "Secret", "quality": "draft", "canvas": {"preset": "square"}},
        **{"callback_url": f"{web.url}/hook?token={TOKEN}", "scenes": [scene]},
        **fields,
    }


def told_anywhere(folder: Path, *texts: str) -> list[str]:
    """Every secret that stands in a file below the folder, or in a text, and where."""
    files = [(str(path), path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    said = [("what was said", text.encode()) for text in texts]
    return [
        f"{secret} in {place}" for secret in SECRETS for place, content in (*files, *said) if secret.encode() in content
    ]


def test_nothing_that_is_kept_or_said_of_a_render_has_them(
    studio: Studio, web: WebServer, picture_bytes: bytes, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    web.page(f"/a.png?X-Signature={SIGNATURE}", picture_bytes, headers={"ETag": '"1"'})
    report = studio.render(spec(web), **ENVIRONMENT)
    assert told_anywhere(studio.root, caplog.text, report.model_dump_json()) == []
    assert f"GET /a.png?X-Signature={SIGNATURE}" in web.requests


@pytest.mark.parametrize(
    "page",
    [
        {"status": 404},
        {"status": 403, "body": f"denied: {SIGNATURE}".encode()},
        {"status": 302, "headers": {"Location": f"ftp://user:{PASSWORD}@host/?k={SIGNATURE}"}},
        {"status": 302, "headers": {"Location": f"http://user:{PASSWORD}@a:b/?k={SIGNATURE}"}},
        {"body": b"<html>"},
    ],
)
def test_no_failure_has_them(studio: Studio, web: WebServer, caplog: pytest.LogCaptureFixture, page: dict[str, Any]):
    caplog.set_level(logging.DEBUG)
    web.page(f"/a.png?X-Signature={SIGNATURE}", **page)
    with pytest.raises(RenderFailed) as failure:
        studio.render(spec(web), **ENVIRONMENT)
    assert "scene 1" in str(failure.value)
    assert told_anywhere(studio.root, caplog.text, str(failure.value), repr(failure.value.failures)) == []


def test_a_service_that_quotes_the_key_does_not_make_it_known(
    studio: Studio, web: WebServer, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    quoting = f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'.encode()
    web.page("/images/generations", status=401, body=quoting)
    web.page("/audio/speech", status=401, body=quoting)
    services = {**ENVIRONMENT, "NEUROSHORTS_IMAGE_API_URL": web.url, "NEUROSHORTS_OPENAI_URL": web.url}
    with pytest.raises(NeuroShortsError) as failure:
        studio.render(spec(web, visual="image:a red fox"), **services)
    voice = {"voice": {"provider": "openai"}, "scenes": [{"narration": "Hi.", "visual": "color:#102030"}]}
    with pytest.raises(NeuroShortsError) as unspoken:
        studio.render(spec(web, **voice), **services)
    assert told_anywhere(studio.root, caplog.text, str(failure.value), str(unspoken.value)) == []
