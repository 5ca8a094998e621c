"""Addresses that lead where nobody may go: into this network, out of the roots, into another bucket or header."""

import io
import json
import shutil
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from blocks import web as web_module
from blocks.callbacks import post
from blocks.settings import Settings
from blocks.sources import locate
from blocks.web import WebFile
from blocks.web_addresses import is_public
from engines.errors import CallbackRefused, SourceNotFound, SourceRefused, SpecInvalid, UserError
from engines.specfile import load_spec
from models.addresses import VISUAL_PATTERN
from tests.conftest import WebServer

CLOSED, OPEN = Settings(), Settings(allow_private_networks=True)
LOOPBACK = [
    "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1",
    "017700000001", "0177.0.0.0x1", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]",
    "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fec0::1]",
    "[::ffff:169.254.169.254]", "169.254.169.254", "0xa9fea9fe", "2852039166", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "%31%32%37.0.0.1", "127.0.0.1%00.example.org", "user@127.0.0.1", "example.org:80@127.0.0.1",
    "example.org\\@127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_of_this_machine_is_asked(host: str, web: WebServer):
    port = web.url.rpartition(":")[2]
    for address in (f"http://{host}:{port}/a.jpg", f"https://{host}/a.jpg"):
        with pytest.raises((SourceRefused, SourceNotFound)):
            WebFile(address, CLOSED).download(io.BytesIO())
    assert web.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0177.0.0.1", "[::ffff:7f00:1]", "localhost"])
def test_no_callback_goes_to_this_machine(host: str, web: WebServer):
    port = web.url.rpartition(":")[2]
    with pytest.raises(CallbackRefused):
        post(f"http://{host}:{port}/hook", "{}", event_id="1", secret=SecretStr("s"), settings=CLOSED, timeout_s=2)
    assert web.requests == []


def test_a_callback_follows_no_redirect(web: WebServer):
    web.page("/hook", status=302, headers={"Location": f"{web.url}/inside"})
    with pytest.raises(CallbackRefused):
        post(f"{web.url}/hook", "{}", event_id="1", secret=SecretStr("s"), settings=OPEN, timeout_s=2)
    assert [each for each in web.requests if "inside" in each] == []


def test_a_name_that_resolves_anew_at_each_step_is_checked_at_each(web: WebServer, monkeypatch: pytest.MonkeyPatch):
    """The first answer is public, and so is the server then taken for; the redirect's name has become a private one."""
    answers = iter(["93.184.215.14", "10.0.0.7"])
    asked: list[str] = []
    found = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if host == "127.0.0.1":
            return found(host, port, *args, **kwargs)
        asked.append(str(host))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    web.page("/a", status=302, headers={"Location": "http://rebinding.example/secret"})
    real = httpx.Client.send

    def send_to_the_test(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        assert request.url.host == "93.184.215.14"
        request.url = request.url.copy_with(host="127.0.0.1", port=int(web.url.rpartition(":")[2]))
        return real(client, request, **more)

    monkeypatch.setattr(httpx.Client, "send", send_to_the_test)
    with pytest.raises(SourceRefused, match="not a public address"):
        WebFile("http://rebinding.example/a", CLOSED).download(io.BytesIO())
    assert asked == ["rebinding.example"] * 2
    assert web.requests == ["GET /a"]


def test_only_what_is_given_out_of_ipv6_is_public():
    for address in ("::127.0.0.1", "fec0::1", "64:ff9b:1::1", "5f00::1", "4000::1", "::ffff:0:8.8.8.8", "192.88.99.1"):
        assert not is_public(address)
    assert is_public("2a00:1450:4001:82a::200e")


@pytest.mark.parametrize(
    "part", ["\r\nX-Evil: 1", "\nHost: other", "%0d%0aX-Evil:%201", "\x00", "\r\n\r\nGET /inside HTTP/1.1"]
)
def test_no_address_adds_a_header(part: str, web: WebServer):
    seen: list[str] = []
    real = web.answer
    web.answer = lambda handler, **more: (seen.append(str(handler.headers)), real(handler, **more))[-1]
    for address in (f"{web.url}/a{part}", f"{web.url}/a?q={part}", f"{web.url}{part}/a"):
        with pytest.raises(UserError):
            WebFile(address, OPEN).download(io.BytesIO())
    assert not any("x-evil" in headers.lower() or "other" in headers for headers in seen)
    assert not any("inside" in request.split()[1].split("%")[0] for request in web.requests)


@pytest.mark.parametrize(
    "visual",
    [
        "file:///etc/passwd", "FILE:///etc/passwd", "ftp://host/a", "data:image/png;base64,AAAA", "concat:a|b",
        "subfile:,,a",
        "pipe:0", "tcp://127.0.0.1:1", "rtmp://host/a", "gopher://host", "javascript:alert(1)", "HTTP://127.0.0.1/a",
        "s3a://b/k", "a\nb.png", "a\x00.png", "stock:a\nb", "image:a\r\nX-Evil: 1",
    ],
)  # fmt: skip
def test_a_visual_of_another_scheme_is_a_mistake_of_the_spec(visual: str):
    text = json.dumps({"title": "T", "scenes": [{"narration": "a", "visual": visual}]})
    with pytest.raises(SpecInvalid, match=r"scenes\.0\.visual"):
        load_spec(text, base_dir=Path("/x"))
    assert not VISUAL_PATTERN.match(visual)


def test_no_path_leaves_the_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.png").write_bytes(b"secret")
    (inside / "link.png").symlink_to(outside / "secret.png")
    (inside / "folder").symlink_to(outside)
    (inside / "chain").symlink_to(inside / "folder")
    (inside / "loop").symlink_to(inside / "loop")
    monkeypatch.setenv("HOME", str(outside))
    settings = Settings(allowed_roots=(inside,))
    for address in (
        *(
            "link.png",
            "folder/secret.png",
            "chain/secret.png",
            "../outside/secret.png",
            "loop",
            "a/../../outside/secret.png",
        ),
    ):
        with pytest.raises((SourceRefused, SourceNotFound)):
            locate(f"{inside}/{address}", settings).download(io.BytesIO())
    for address in ("~/secret.png", "/proc/self/environ", "/dev/stdin", "//etc/passwd", "", "."):
        with pytest.raises((SourceRefused, SourceNotFound)):
            locate(address, settings).download(io.BytesIO())


def test_a_folder_that_becomes_a_link_after_the_check_is_not_followed(tmp_path: Path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside / "sub", outside):
        folder.mkdir(parents=True)
        (folder / "a.png").write_bytes(folder.name.encode())
    file = locate(str(inside / "sub" / "a.png"), Settings(allowed_roots=(inside,)))
    assert file.version()
    shutil.rmtree(inside / "sub")
    (inside / "sub").symlink_to(outside)
    with pytest.raises(SourceRefused, match="link"):
        file.download(io.BytesIO())
    assert (inside / "sub").samefile(outside)


@pytest.mark.parametrize("key", ["../secrets/a.jpg", "x/../../secrets/a.jpg", "./a", "..", "x/.."])
def test_no_key_leads_to_another_bucket(key: str):
    settings = Settings(allowed_buckets=("films",))
    with pytest.raises(SourceRefused):
        locate(f"s3://films/{key}", settings).version()


@pytest.mark.parametrize("bucket", ["secrets", "..", "films@evil", "films%2f..%2fsecrets", "FILMS", ""])
def test_no_spelling_of_a_bucket_passes_the_list(bucket: str):
    with pytest.raises(SourceRefused):
        locate(f"s3://{bucket}/a.jpg", Settings(allowed_buckets=("films",))).version()


def test_a_proxy_of_the_environment_is_not_used(web: WebServer, monkeypatch: pytest.MonkeyPatch):
    """It would look the name up again, after the check."""
    for name in ("NO_PROXY", "no_proxy"):  # else it would not be used for this machine anyway
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.page("/a", b"hello")
    target = io.BytesIO()
    WebFile(f"{web.url}/a", OPEN).download(target)
    assert target.getvalue() == b"hello"
    assert web_module.MAX_REDIRECTS < 10
