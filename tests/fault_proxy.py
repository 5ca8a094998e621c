"""Proxies that stand for a bad network: one passes HTTP on and spoils answers, one cuts connections."""

import http.client
import random
import selectors
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SPOILT = ("throttled", "failed", "reset", "unheard", "truncated", "slow")
_RST = struct.pack("ii", 1, 0)
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade"})
_REFUSALS = {
    "500": ("InternalError", 500),
    "503": ("ServiceUnavailable", 503),
    "throttled": ("SlowDown", 503),
    "denied": ("AccessDenied", 403),
    "aborted": ("NoSuchUpload", 404),
}
_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message>'
    "<RequestId>1</RequestId></Error>"
)


@dataclass
class Fault:
    """What happens to the next `times` requests whose method and path (with query) contain `method` and `path`.

    500, 503, throttled, denied and aborted are told without having asked the server; failed is 500 although the server
    did what it was asked; reset and unheard close the connection before and after the server was asked; truncated sends
    half of the answer, garbled changes a byte, slow waits first.
    """

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    seconds: float = 0.0
    retry_after_s: int | None = None

    def suits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in ("", method) and self.path in path


@dataclass
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    content: bytes


class FaultProxy:
    """Hands every request on to an HTTP server, but for what its faults say, told one by one or drawn by a seed."""

    def __init__(self, host: str, port: int) -> None:
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.spoilt: Counter[str] = Counter()
        self._after: list[tuple[Fault, Callable[[], object]]] = []
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
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def fault(self, kind: str, **fields: Any) -> Fault:
        """Let a fault happen from now on."""
        self.faults.append(Fault(kind, **fields))
        return self.faults[-1]

    def after(self, method: str, path: str, call: Callable[[], object], *, times: int = 1) -> None:
        """Call something once the server has answered so many requests like that, before the last answer is sent."""
        self._after.append((Fault("", method, path, times), call))

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

    def count(self, method: str, path: str = "") -> int:
        """Return how many requests of a method had that in their path."""
        return sum(asked.startswith(f"{method} ") and path in asked for asked in self.requests)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            self.requests.append(f"{method} {path}")
            told = next((fault for fault in self.faults if fault.suits(method, path)), None)
            if told:
                told.times -= 1
                return told
            if not self._left:
                return None
            self._left -= 1
            if self._dice.random() > self._share:
                return None
            kind = self._dice.choice(self._kinds)
            self.spoilt[kind] += 1
            return Fault(kind, seconds=self._stall_s)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = _body(handler)
        fault = self._fault(handler.command, handler.path) or Fault("")
        if fault.kind in _REFUSALS:
            _refuse(handler, fault.kind, retry_after_s=fault.retry_after_s)
            return
        if fault.kind == "reset":
            _reset(handler)
            return
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        answer = self._ask(handler, body)
        self._call_after(handler)
        match fault.kind:
            case "failed":
                _refuse(handler, "500")
            case "unheard":
                _reset(handler)
            case "truncated" if len(answer.content) > 1 and handler.command != "HEAD":
                _send(handler, answer, sent=answer.content[: len(answer.content) // 2])
                handler.close_connection = True
                handler.connection.shutdown(socket.SHUT_RDWR)
            case "garbled":
                answer.headers = [each for each in answer.headers if "checksum" not in each[0].lower()]
                _send(handler, answer, sent=bytes(byte ^ 1 for byte in answer.content[:1]) + answer.content[1:])
            case _:
                _send(handler, answer)

    def _call_after(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            waiting = [each for each in self._after if each[0].suits(handler.command, handler.path)]
            for awaited, _ in waiting:
                awaited.times -= 1
        for awaited, call in waiting:
            if not awaited.times:
                call()

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes) -> _Answer:
        connection = http.client.HTTPConnection(*self._upstream, timeout=120)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in {*_HOP, "expect"}}
        headers["Content-Length"] = str(len(body))
        try:
            connection.request(handler.command, handler.path, body=body or None, headers=headers)
            answer = connection.getresponse()
            return _Answer(answer.status, answer.getheaders(), answer.read())
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
    """Close without a word, so that the other side sees a reset."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    handler.connection.close()
    raise ConnectionResetError


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" in handler.headers.get("Transfer-Encoding", ""):
        parts = []
        while size := int(handler.rfile.readline().split(b";")[0], 16):
            parts.append(handler.rfile.read(size))
            handler.rfile.readline()
        handler.rfile.readline()
        return b"".join(parts)
    return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def _send(handler: BaseHTTPRequestHandler, answer: _Answer, *, sent: bytes | None = None) -> None:
    handler.send_response_only(answer.status)
    is_head = handler.command == "HEAD"
    for name, value in answer.headers:
        if name.lower() not in _HOP and (is_head or name.lower() != "content-length"):
            handler.send_header(name, value)
    if not is_head:
        handler.send_header("Content-Length", str(len(answer.content)))
    handler.end_headers()
    if not is_head:
        handler.wfile.write(answer.content if sent is None else sent)


def _refuse(handler: BaseHTTPRequestHandler, kind: str, *, retry_after_s: int | None = None) -> None:
    code, status = _REFUSALS[kind]
    message = "Please reduce your request rate." if kind == "throttled" else "Try again."
    headers = [("Content-Type", "application/xml")]
    if retry_after_s is not None:
        headers.append(("Retry-After", str(retry_after_s)))
    body = b"" if handler.command == "HEAD" else _ERROR.format(code=code, message=message).encode()
    _send(handler, _Answer(status, headers, body))
