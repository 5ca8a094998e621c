"""The local server, which asks for no password, does nothing for the pages of other web sites."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest

from blocks.own_pages import is_own

OWN = "http://127.0.0.1:4200"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:4200"},
        {"host": "localhost:4200"},
        {"host": "[::1]:4200"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:4200", "origin": OWN},
        {"host": "127.0.0.1:4200", "origin": "http://localhost:4200"},
    ],
)
def test_programs_and_its_own_pages_may_ask(headers: dict[str, str]):
    assert is_own(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": ""},
        {"host": "evil.example:4200"},  # a name that has come to resolve to this machine
        {"host": "127.0.0.1.evil.example:4200"},
        {"host": "127.0.0.1@evil.example:4200"},
        {"host": "evil.example@127.0.0.1:4200"},
        {"host": "127.0.0.1:4200, evil.example"},
        {"host": "[::1"},
        {"host": "10.0.0.1:4200"},
        {"host": "127.0.0.1:4200", "origin": "null"},
        {"host": "127.0.0.1:4200", "origin": ""},
        {"host": "127.0.0.1:4200", "origin": "https://evil.example"},
        {"host": "127.0.0.1:4200", "origin": "http://127.0.0.1:3000"},
        {"host": "127.0.0.1:4200", "origin": "https://127.0.0.1:4200"},
        {"host": "127.0.0.1:4200", "origin": "http://127.0.0.1:x"},
    ],
)
def test_others_may_not(headers: dict[str, str]):
    assert not is_own(headers)


def answer(url: str, path: str, headers: dict[str, str], *, body: bytes = b"") -> int:
    """Send exactly these headers, and return the status of the answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.putrequest("POST" if body else "GET", path, skip_host=True, skip_accept_encoding=True)
    for name, value in {**headers, **({"Content-Length": str(len(body))} if body else {})}.items():
        connection.putheader(name, value)
    connection.endheaders(body or None)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_server_itself_refuses_them(prefect_server: str):
    host = urlsplit(prefect_server).netloc
    evil, page = "http://evil.example", f"http://{host}"
    for path in ("/api/health", "/api/admin/version", "/", "/docs"):
        assert answer(prefect_server, path, {"Host": "evil.example"}) == 403
        assert answer(prefect_server, path, {"Host": host, "Origin": evil}) == 403
    made = b'{"name": "made-by-a-page"}'  # a browser sends this without asking: it has no type
    assert answer(prefect_server, "/api/flows/", {"Host": host, "Origin": evil}, body=made) == 403
    asked = b'{"flows": {"name": {"any_": ["made-by-a-page"]}}}'
    typed = {"Host": host, "Content-Type": "application/json"}
    assert answer(prefect_server, "/api/flows/name/made-by-a-page", {"Host": host}) == 404
    assert answer(prefect_server, "/api/flows/filter", typed, body=asked) == 200
    assert answer(prefect_server, "/api/flows/filter", {**typed, "Origin": page}, body=asked) == 200
    assert answer(prefect_server, "/api/health", {"Host": f"localhost:{urlsplit(prefect_server).port}"}) == 200


def test_no_page_listens_to_its_events(prefect_server: str):
    place = urlsplit(prefect_server)
    asking = [
        "GET /api/events/out HTTP/1.1", f"Host: {place.netloc}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: prefect",
    ]  # fmt: skip
    answers = []
    for origin in ("http://evil.example", f"http://{place.netloc}"):
        with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
            connection.sendall("\r\n".join([*asking, f"Origin: {origin}", "", ""]).encode())
            answers.append(connection.recv(12))
    assert answers == [b"HTTP/1.1 403", b"HTTP/1.1 101"]
