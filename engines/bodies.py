"""The body of an answer as it comes: in small pieces, whatever it unpacks to, and cut off when it takes too long."""

import socket
import threading
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

PIECE_BYTES = 1 << 16
_AS_IT_IS = frozenset({"", "identity"})
_INFLATED = frozenset({"gzip", "x-gzip", "deflate"})
_ANY_HEADER = zlib.MAX_WBITS | 32
_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


def pieces(answer: httpx.Response) -> Generator[bytes]:
    """Yield an unread body in small pieces, unpacked if it is packed by gzip.

    httpx would unpack whole what one read brought, of which Brotli makes gigabytes: other packings, which nobody asked
    for, are refused. Raises httpx.DecodingError, and what reading raises.
    """
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    if packing in _AS_IT_IS:
        yield from answer.iter_raw()
        return
    if packing not in _INFLATED:
        raise httpx.DecodingError(f"it is packed in a way that was not asked for ({packing[:40]!r})")
    unpacker = zlib.decompressobj(_ANY_HEADER)
    try:
        for packed in answer.iter_raw():
            while packed:
                yield unpacker.decompress(packed, PIECE_BYTES)
                packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise httpx.DecodingError(f"it is not packed as it says: {error}") from error
    if not unpacker.eof:
        raise httpx.DecodingError("it ends before it is unpacked")


def declared_bytes(answer: httpx.Response) -> int:
    """Return the length that an answer says it has; 0 where it says nothing that can be understood."""
    told = answer.headers.get("Content-Length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 20 else 0


@dataclass
class Deadline:
    """When a request is cut off; `extensions` are what it has to be sent with."""

    extensions: dict[str, Any] = field(default_factory=dict)
    is_over: bool = False
    sockets: list[socket.socket] = field(default_factory=list)
    _timer: threading.Timer | None = None

    def in_seconds(self, seconds: float) -> None:
        """Cut the request off so many seconds from now, and not when it was to be until now."""
        self.lift()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def lift(self) -> None:
        """Let the request take as long as it takes."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        for each in self.sockets:
            _close(each)


@contextmanager
def cut_off_after(seconds: float) -> Generator[Deadline]:
    """Close, after so many seconds, the connections that are opened by a request sent with the deadline's `extensions`.

    Timeouts of httpx count from each byte anew, and a server that sends one byte of its headers a minute keeps it busy
    for months. What is read then ends with httpx.TransportError.
    """
    deadline = Deadline()

    def trace(event: str, details: dict[str, Any]) -> None:
        if event in _CONNECTED:
            deadline.sockets.append(details["return_value"].get_extra_info("socket"))
            if deadline.is_over:
                _close(deadline.sockets[-1])

    deadline.extensions["trace"] = trace
    deadline.in_seconds(seconds)
    try:
        yield deadline
    finally:
        deadline.lift()


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already, or its descriptor is another's
