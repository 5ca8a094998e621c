"""What HTTP says of a file's versions, length and parts: RFC 9110's validators and ranges, RFC 9530's digests."""

import base64
import binascii
import re

import httpx

from blocks.sinks import Sink
from engines.bodies import declared_bytes

_RANGE = re.compile(r"^bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)$")
_DIGESTS = re.compile(r"sha-256=:?([A-Za-z0-9+/=]+):?", re.IGNORECASE)


def rest_wanted(sink: Sink) -> dict[str, str]:
    """Return the headers that ask for what a sink lacks, or for all of it if the file has changed meanwhile."""
    if not (sink.tag and sink.count):
        return {}
    return {"Range": f"bytes={sink.count}-", "If-Range": sink.tag}


def resume_tag(answer: httpx.Response) -> str | None:
    """Return what tells that the file is still the same byte for byte: a strong entity tag, or the date of change."""
    if _is_encoded(answer) or answer.headers.get("Accept-Ranges", "").strip().lower() == "none":
        return None
    tag = answer.headers.get("ETag", "").strip()
    if tag:
        return tag if tag.startswith('"') else None
    date: str | None = answer.headers.get("Last-Modified")
    return date


def range_of(answer: httpx.Response) -> tuple[int, int | None]:
    """Return where a part starts, and the size of the whole if it is told; -1 if it is not told where."""
    found = _RANGE.match(answer.headers.get("Content-Range", "").strip())
    if found is None:
        return -1, None
    return int(found[1]), None if found[3] == "*" else int(found[3])


def length_of(answer: httpx.Response) -> int | None:
    """Return the number of bytes of the body, or None if it is not told or they come compressed."""
    return None if "Content-Length" not in answer.headers or _is_encoded(answer) else declared_bytes(answer)


def version_of(answer: httpx.Response, size: int | None) -> str | None:
    """Return what changes when the file does (entity tag, or date and size), or None if the server tells nothing."""
    if tag := answer.headers.get("ETag"):
        return f"etag {tag}"
    if date := answer.headers.get("Last-Modified"):
        return f"modified {date} length {'?' if size is None else size}"
    return None


def claimed_sha256(answer: httpx.Response) -> str | None:
    """Return the SHA-256 of the whole file that the server states, as hexadecimal digits, or None."""
    headers = answer.headers
    stated = headers.get("Repr-Digest") or headers.get("Digest") or ""
    found = _DIGESTS.search(stated)
    encoded = found[1] if found else headers.get("x-amz-checksum-sha256", "")
    try:
        digest = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    return digest.hex() if len(digest) == 32 and not _is_encoded(answer) else None


def _is_encoded(answer: httpx.Response) -> bool:
    return answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity")
