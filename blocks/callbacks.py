"""Telling another system that a render has ended: a signed JSON POST."""

import hashlib
import hmac
import time

import httpx

from blocks.settings import Settings
from blocks.web import checked_address
from engines.errors import CallbackFailed, CallbackRefused, DownloadFailed, SourceNotFound, SourceRefused
from models.callback import RenderEvent

TIMESTAMP_HEADER = "X-NeuroShorts-Timestamp"
SIGNATURE_HEADER = "X-NeuroShorts-Signature"
_MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
_TIMEOUT_S = 15.0


def deliver(address: str, event: RenderEvent, settings: Settings) -> None:
    """POST the event to `address`, which is held to the same rules as a source's.

    With NEUROSHORTS_CALLBACK_SECRET set, the signature header has the HMAC-SHA256 of "timestamp.body" under it.
    Raises CallbackFailed for what may pass, CallbackRefused for what will not.
    """
    url = httpx.URL(address)
    shown = str(url.copy_with(userinfo=b"", query=None))
    body = event.model_dump_json().encode()
    headers = {"Host": url.netloc.decode("ascii"), "Content-Type": "application/json", **_signed(body, settings)}
    try:
        host = checked_address(url, shown, allow_private=settings.allow_private_networks)
        with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
            answer = client.post(
                url.copy_with(host=host), content=body, headers=headers, extensions={"sni_hostname": url.host}
            )
    except (SourceRefused, SourceNotFound) as error:
        raise CallbackRefused(url=shown, reason=str(error)) from error
    except (DownloadFailed, httpx.HTTPError) as error:
        raise CallbackFailed(url=shown, reason=str(error) or type(error).__name__) from error
    if answer.status_code in _MAY_PASS:
        raise CallbackFailed(url=shown, reason=f"it answered {answer.status_code}")
    if not answer.is_success:
        raise CallbackRefused(url=shown, reason=f"it answered {answer.status_code}")


def signature(timestamp: str, body: bytes, secret: str) -> str:
    """Return what the signature header must say for a body sent at `timestamp` (seconds since 1970)."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


def _signed(body: bytes, settings: Settings) -> dict[str, str]:
    timestamp = str(int(time.time()))
    headers = {TIMESTAMP_HEADER: timestamp}
    if settings.callback_secret is not None:
        headers[SIGNATURE_HEADER] = signature(timestamp, body, settings.callback_secret.get_secret_value())
    return headers
