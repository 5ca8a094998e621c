"""Proxies that stand for a bad network: one passes HTTP on and spoils answers, one cuts connections."""

import http.client
import random
import selectors
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SPOILT = ("refused", "failed", "reset", "unheard", "truncated", "stalled")
_RST = struct.pack("ii", 1, 0)
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})
_BUSY = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class FaultProxy:
    """Passes requests on to an HTTP server, and spoils some of those that come next, by a seed.

    `refused` is 503 without having asked the server, `failed` 500 although the server did what it was asked, `reset`
    and `unheard` close the connection before and after the server was asked, `truncated` sends half of the answer,
    `stalled` waits a while first.
    """

    def __init__(self, host: str, port: int) -> None:
        self.spoilt: Counter[str] = Counter()
        self.requests = 0
        self._upstream = (host, port)
        self._kinds: tuple[str, ...] = ()
        self._dice, self._share, self._left, self._stall_s = random.Random(0), 0.0, 0, 0.0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 120

            def handle_one_request(self) -> None:
                with suppress(OSError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def do_GET(self) -> None:
                outer._answer(self)

            do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def spoil(self, *kinds: str, seed: str, share: float, count: int, stall_s: float = 5.0) -> None:
        """Spoil a share of the next `count` requests."""
        with self._lock:
            self._kinds, self._dice, self._share, self._stall_s = kinds, random.Random(seed), share, stall_s
            self._left = count

    def is_well(self) -> bool:
        """Return whether all requests are passed on by now."""
        return self._left == 0

    def heal(self) -> None:
        """Pass everything on from now on."""
        self._left = 0

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _fault(self) -> str | None:
        with self._lock:
            self.requests += 1
            if not self._left:
                return None
            self._left -= 1
            if self._dice.random() > self._share:
                return None
            kind = self._dice.choice(self._kinds)
            self.spoilt[kind] += 1
            return kind

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body, fault = _body(handler), self._fault()
        if fault == "refused":
            _send(handler, 503, [("Content-Type", "application/xml")], _BUSY)
            return
        if fault == "reset":
            _reset(handler)
            return
        if fault == "stalled":
            time.sleep(self._stall_s)
        status, headers, content = self._ask(handler, body)
        if fault == "failed":
            _send(handler, 500, [("Content-Type", "application/xml")], _BUSY)
        elif fault == "unheard":
            _reset(handler)
        elif fault == "truncated" and len(content) > 1:
            _send(handler, status, headers, content[: len(content) // 2], length=len(content))
            _reset(handler)
        else:
            _send(handler, status, headers, content)

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self._upstream, timeout=120)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in {*_HOP, "expect"}}
        headers["Content-Length"] = str(len(body))
        try:
            connection.request(handler.command, handler.path, body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


class TcpProxy:
    """Passes bytes on to a server and back, until it is cut: then it resets what is open and lets nothing in."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream, self._cut_until_s = (host, port), 0.0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self, for_s: float) -> int:
        """Reset every connection and all new ones for some seconds; return how many were open."""
        self._cut_until_s = time.monotonic() + for_s
        lost = list(self._open)
        for each in lost:
            _abort(each)
        return len(lost) // 2

    def close(self) -> None:
        self._listener.close()
        self.cut(0)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            if time.monotonic() < self._cut_until_s:
                raise ConnectionResetError
            server = socket.create_connection(self._upstream, timeout=10)
        except OSError:
            _abort(client)
            return
        pair = {client, server}
        self._open |= pair
        try:
            _pump(client, server)
        finally:
            self._open -= pair
            for each in pair:
                each.close()


def _pump(client: socket.socket, server: socket.socket) -> None:
    with selectors.DefaultSelector() as selector, suppress(OSError, ValueError):
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select(timeout=60):
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not data:
                    return
                key.data.sendall(data)


def _abort(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    with suppress(OSError):
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" in handler.headers.get("Transfer-Encoding", ""):
        parts = []
        while size := int(handler.rfile.readline().split(b";")[0], 16):
            parts.append(handler.rfile.read(size))
            handler.rfile.readline()
        handler.rfile.readline()
        return b"".join(parts)
    return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def _send(
    handler: BaseHTTPRequestHandler, status: int, headers: Any, content: bytes, *, length: int | None = None
) -> None:
    handler.send_response_only(status)
    is_head = handler.command == "HEAD"
    for name, value in headers:
        if name.lower() not in _HOP and (is_head or name.lower() != "content-length"):
            handler.send_header(name, value)
    if not is_head:
        handler.send_header("Content-Length", str(len(content) if length is None else length))
    handler.end_headers()
    if not is_head:
        handler.wfile.write(content)
