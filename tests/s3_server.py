"""A real S3 server over HTTP (moto's), and a proxy before it that does to answers what networks and servers do."""

import logging
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length", "server", "date"}
_REFUSALS = {
    "500": ("InternalError", 500),
    "503": ("ServiceUnavailable", 503),
    "throttled": ("SlowDown", 503),
    "denied": ("AccessDenied", 403),
}
_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message>'
    "<RequestId>1</RequestId></Error>"
)


@dataclass
class Fault:
    """What happens to the next `times` requests whose method and path (with query) contain `method` and `path`."""

    kind: str  # 500, 503, throttled, denied, slow, truncated, reset, garbled
    method: str = ""
    path: str = ""
    times: int = 1
    seconds: float = 0.0
    retry_after_s: int | None = None

    def suits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in ("", method) and self.path in path


class S3Proxy:
    """Hands every request on to the S3 server, but for what its faults say."""

    def __init__(self, port: int) -> None:
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self._lock, self._behind = threading.Lock(), port
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def _answer(self) -> None:
                outer.answer(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def fault(self, kind: str, **fields: object) -> Fault:
        """Let a fault happen from now on."""
        self.faults.append(Fault(kind, **fields))  # type: ignore[arg-type]
        return self.faults[-1]

    def count(self, method: str, path: str = "") -> int:
        return sum(asked.startswith(f"{method} ") and path in asked for asked in self.requests)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = _body_of(handler)
        fault = self._next(handler.command, handler.path)
        match fault.kind if fault else "":
            case "reset":
                _reset(handler.connection)
            case "500" | "503" | "throttled" | "denied":
                _refuse(handler, fault)
            case "slow":
                time.sleep(fault.seconds)
                self._hand_on(handler, body, None)
            case _ as kind:
                self._hand_on(handler, body, kind)

    def _next(self, method: str, path: str) -> Fault | None:
        with self._lock:
            self.requests.append(f"{method} {path}")
            fault = next((fault for fault in self.faults if fault.suits(method, path)), None)
            if fault:
                fault.times -= 1
        return fault

    def _hand_on(self, handler: BaseHTTPRequestHandler, body: bytes, kind: str | None) -> None:
        connection = HTTPConnection("127.0.0.1", self._behind, timeout=30)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in _HOP_BY_HOP}
        connection.request(handler.command, handler.path, body, {**headers, "Content-Length": str(len(body))})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        _send(handler, answer, content, kind)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class S3:
    """A bucket of a test's own. What the test itself does there passes the proxy by."""

    def __init__(self, proxy: S3Proxy, port: int) -> None:
        self.proxy, self.bucket = proxy, f"test-{uuid4().hex[:12]}"
        self.url = f"s3://{self.bucket}"
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        self.client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **keys)
        self.client.create_bucket(Bucket=self.bucket)

    @property
    def environment(self) -> dict[str, str]:
        """What makes any program use this server."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.proxy.url}

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def head(self, key: str) -> dict[str, Any]:
        return self.client.head_object(Bucket=self.bucket, Key=key)

    def names(self) -> list[str]:
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])]

    def unfinished(self) -> list[str]:
        """The keys of uploads in parts that have neither ended nor been aborted."""
        return [each["Key"] for each in self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])]


@contextmanager
def running_s3() -> Generator[S3]:
    """Let this process's S3 clients use a server behind a proxy, which are its own while the block runs."""
    port = _server_port()
    proxy = S3Proxy(port)
    s3 = S3(proxy, port)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3.environment.items():
            patch.setenv(name, value)
        S3FileSystem.clear_instance_cache()
        yield s3
    S3FileSystem.clear_instance_cache()
    proxy.close()


@cache
def _server_port() -> int:
    """Start the server, which lives as long as the tests, and return its port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return int(server.get_host_and_port()[1])


def _body_of(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" in handler.headers.get("Transfer-Encoding", ""):
        parts = []
        while size := int(handler.rfile.readline().split(b";")[0], 16):
            parts.append(handler.rfile.read(size))
            handler.rfile.readline()
        handler.rfile.readline()
        return b"".join(parts)
    return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))


def _send(handler: BaseHTTPRequestHandler, answer: HTTPResponse, content: bytes, kind: str | None) -> None:
    handler.send_response(answer.status)
    for name, value in answer.getheaders():
        if name.lower() not in _HOP_BY_HOP and not (kind == "garbled" and "checksum" in name.lower()):
            handler.send_header(name, value)
    length = answer.getheader("Content-Length") if handler.command == "HEAD" else len(content)
    handler.send_header("Content-Length", str(length or 0))
    handler.end_headers()
    if handler.command == "HEAD":
        return
    if kind == "truncated":
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
        return
    handler.wfile.write(bytes([content[0] ^ 1]) + content[1:] if kind == "garbled" and content else content)


def _refuse(handler: BaseHTTPRequestHandler, fault: Fault) -> None:
    code, status = _REFUSALS[fault.kind]
    message = "Please reduce your request rate." if fault.kind == "throttled" else "Try again."
    body = b"" if handler.command == "HEAD" else _ERROR.format(code=code, message=message).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/xml")
    handler.send_header("Content-Length", str(len(body)))
    if fault.retry_after_s is not None:
        handler.send_header("Retry-After", str(fault.retry_after_s))
    handler.end_headers()
    handler.wfile.write(body)


def _reset(connection: socket.socket) -> None:
    """Close without a word, so that the other side sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()
    raise ConnectionResetError
