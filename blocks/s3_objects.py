"""Reading objects of S3 with as few requests as it takes: over a network each costs a step some 50 ms.

fsspec's own way asks for a size before each read, and for the listing of a folder wherever there is no object.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, NamedTuple

import fsspec

from blocks.sinks import Sink
from engines.errors import StoreUnreachable

PIECE_BYTES = 8 << 20
PIECES_AT_ONCE = 4
_BREAK_S = 0.2


class Piece(NamedTuple):
    """A part of an object, or all of it."""

    content: bytes
    head: dict[str, Any]


def head(fs: Any, path: str) -> dict[str, Any] | None:
    """Return what S3 tells of an object by one request, or None if there is none."""
    bucket, key, _ = fs.split_path(path)
    try:
        found: dict[str, Any] = fs.call_s3("head_object", Bucket=bucket, Key=key)
    except FileNotFoundError:
        return None
    return found


def read(fs: Any, path: str) -> Piece:
    """Return a small object whole, by one request. Raises FileNotFoundError."""
    piece: Piece = fsspec.asyn.sync(fs.loop, _get, fs, path)
    return piece


def names(fs: Any, folder: str) -> frozenset[str]:
    """Return the names of the objects in a folder, by one request for each thousand."""
    bucket, prefix, _ = fs.split_path(f"{folder.rstrip('/')}/")
    asked: dict[str, str] = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/"}
    found: set[str] = set()
    while True:
        page = fs.call_s3("list_objects_v2", **asked)
        found |= {each["Key"].removeprefix(prefix) for each in page.get("Contents", ())}
        if not page.get("IsTruncated"):
            return frozenset(found)
        asked["ContinuationToken"] = page["NextContinuationToken"]


def download(fs: Any, path: str, sink: Sink, *, etag: str | None = None) -> str:
    """Copy to a sink what it lacks of an object, some pieces at once and in order; return the SHA-256 of the whole.

    All pieces are of one version of the object, that of `etag` if it is given. Raises FileNotFoundError, and
    StoreUnreachable when the object changes meanwhile.
    """
    try:
        first = fsspec.asyn.sync(fs.loop, _piece, fs, path, sink.count, etag)
        whole = first.head.get("ContentRange", "")
        if not whole:  # a server without ranges has sent all of it
            sink.restart(sink.tag)
        sink.write(first.content)
        if whole:
            _rest(fs, path, sink, total=int(whole.rpartition("/")[2]), etag=first.head.get("ETag"))
    except OSError as error:
        match _code(error):
            case "InvalidRange" | "416":  # nothing is left to come: an empty object, or one that is here already
                if int((head(fs, path) or {}).get("ContentLength", -1)) == sink.count:
                    return sink.sha256
                sink.restart()
                raise StoreUnreachable(uri=path, reason="it is not what came before") from error
            case "PreconditionFailed" | "412":
                raise StoreUnreachable(uri=path, reason="it has changed while it was read") from error
        raise
    return sink.sha256


def _rest(fs: Any, path: str, sink: Sink, *, total: int, etag: str | None) -> None:
    """Write the pieces behind the first to a sink, some of them on their way at any moment."""
    starts = iter(range(sink.count, total, PIECE_BYTES))
    coming: deque[Future[Piece]] = deque()
    try:
        while True:
            while len(coming) < PIECES_AT_ONCE and (start := next(starts, None)) is not None:
                coming.append(asyncio.run_coroutine_threadsafe(_piece(fs, path, start, etag), fs.loop))
            if not coming:
                return
            sink.write(coming.popleft().result().content)
    finally:
        for each in coming:
            each.cancel()


async def _piece(fs: Any, path: str, start: int, etag: str | None) -> Piece:
    condition = {"IfMatch": etag} if etag else {}
    return await _get(fs, path, Range=f"bytes={start}-{start + PIECE_BYTES - 1}", **condition)


async def _get(fs: Any, path: str, **asked: str) -> Piece:
    """Ask for an object as often as the client does, also where the answer breaks off in its body."""
    from s3fs.core import S3_RETRYABLE_ERRORS  # a fifth of a second, which a store in a folder need not wait for

    bucket, key, _ = fs.split_path(path)
    tries = 0
    while True:
        answer = await fs._call_s3("get_object", Bucket=bucket, Key=key, **asked)
        try:
            async with answer["Body"] as body:
                return Piece(await body.read(), answer)
        except S3_RETRYABLE_ERRORS:
            tries += 1
            if tries >= fs.retries:
                raise
            await asyncio.sleep(_BREAK_S)


def _code(error: BaseException) -> str:
    """Return how S3 calls an error."""
    response = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
