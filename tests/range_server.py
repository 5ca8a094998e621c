"""A web server that serves one file in parts, and cuts answers off, changes the file or lies as a test wants."""

import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_RANGE = re.compile(r"bytes=(\d+)-$")


class RangeServer:
    """Serves `body` at every path, with `headers`; each answer is cut off after the next number of `cuts`, if any."""

    def __init__(self, body: bytes) -> None:
        self.body, self.headers = body, {"ETag": '"1"'}
        self.cuts: list[int] = []
        self.shift = 0  # parts start that much later than they say
        self.knows_ranges = True
        self.ranges: list[str | None] = []  # as asked for by each GET
        self.sent = 0
        self.gate = threading.Event()  # no body before it is set
        self.gate.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def do_HEAD(self) -> None:
                self.send_response(200)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/film"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range")
        self.ranges.append(asked)
        start = self._start(asked, handler.headers.get("If-Range"))
        if start is not None and start >= len(self.body):
            handler.send_error(416)
            return
        body = self.body[(start or 0) :]
        handler.send_response(200 if start is None else 206)
        if start is not None:
            size = len(self.body)
            handler.send_header("Content-Range", f"bytes {start + self.shift}-{size - 1}/{size}")
        handler.send_header("Content-Length", str(len(body)))
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        self.gate.wait(30)
        sent = body[: self.cuts.pop(0)] if self.cuts else body
        self.sent += len(sent)  # before the client can have it all and look here
        handler.wfile.write(sent)

    def _start(self, asked: str | None, condition: str | None) -> int | None:
        """Return where the part that is wanted starts, or None for the whole."""
        found = _RANGE.match(asked or "")
        if not self.knows_ranges or found is None:
            return None
        current = (self.headers.get("ETag"), self.headers.get("Last-Modified"))
        return int(found[1]) if condition is None or condition in current else None

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def range_server(body: bytes) -> Generator[RangeServer]:
    """Serve `body` inside the block."""
    server = RangeServer(body)
    try:
        yield server
    finally:
        server.close()
