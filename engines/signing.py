"""Signing what is sent to other systems, so that they can tell who sent it, and when."""

import hashlib
import hmac

SCHEME = "sha256"


def sign(body: bytes, *, secret: str, timestamp_s: int) -> str:
    """Return "sha256=" and the HMAC-SHA256, in hexadecimal, of the timestamp in digits, a full stop, and the body.

    The timestamp is in seconds since 1970, UTC.
    """
    message = b"%d.%s" % (timestamp_s, body)
    return f"{SCHEME}={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"
