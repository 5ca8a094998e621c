"""Signing what is sent to other systems, so that they can tell who sent it, and when."""

import hashlib
import hmac

SCHEME = "sha256"
MOST_AGE_S = 300


def sign(body: bytes, *, secret: str, timestamp_s: int) -> str:
    """Return "sha256=" and the HMAC-SHA256, in hexadecimal, of the timestamp in digits, a full stop, and the body.

    The timestamp is in seconds since 1970, UTC.
    """
    message = b"%d.%s" % (timestamp_s, body)
    return f"{SCHEME}={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"


def is_signed(body: bytes, signature: str, *, secret: str, timestamp_s: int, now_s: float) -> bool:
    """Return whether the signature is right and at most five minutes old, so that nobody can send it again later."""
    wanted = sign(body, secret=secret, timestamp_s=timestamp_s)
    return hmac.compare_digest(wanted.encode(), signature.encode()) and abs(now_s - timestamp_s) <= MOST_AGE_S
