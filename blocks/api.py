"""Asking web services that the operator configured: JSON in and out, bounded, and errors by their names."""

import json
import ssl
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
from pydantic import SecretStr

from blocks.settings import Settings
from blocks.web import MAY_PASS, retry_after_s
from engines.bodies import Deadline, cut_off_after, pieces
from engines.errors import ServiceFailed, ServiceRefused

_KEY_REFUSED = frozenset({401, 403})
_MOST_TOLD = 200  # characters of an error's own words
_EPOCH_S = 1_000_000_000  # a reset given as less is a number of seconds, else a time
_HEADERS = {"User-Agent": "neuroshorts", "Accept": "application/json", "Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Answer:
    """What a service said; `pause_s` is how long it wants to be left alone now, if it said so."""

    data: Any
    pause_s: float | None = None


@dataclass(frozen=True)
class Api:
    """A service at an address that the operator chose, which therefore may be a private one.

    `service` is its name in messages and for circuit breakers; `key_help` says how to give the installation a key.
    """

    service: str
    base_url: str
    settings: Settings
    key: SecretStr | None = None
    key_help: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 30.0
    max_bytes: int = 8_000_000

    def get(self, path: str, params: Mapping[str, str | int]) -> Answer:
        """Return the JSON at a path below the base address. Raises ServiceRefused, ServiceFailed."""
        return self._ask("GET", path, params=params, body=None)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Return the JSON that answers a JSON body. Raises ServiceRefused, ServiceFailed."""
        return self._ask("POST", path, params={}, body=body)

    def _ask(
        self, method: str, path: str, *, params: Mapping[str, str | int], body: Mapping[str, Any] | None
    ) -> Answer:
        timeout = httpx.Timeout(self.timeout_s, connect=self.settings.connect_timeout_s)
        url = f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"
        deadline, own = Deadline(), dict(self.headers)
        try:
            with (
                cut_off_after(2 * self.timeout_s) as deadline,
                httpx.Client(timeout=timeout, trust_env=False, verify=_tls(), headers=_HEADERS) as client,
                client.stream(
                    method, url, params=dict(params), json=body, headers=own, extensions=deadline.extensions
                ) as answer,
            ):
                content = self._content(answer)
            self._check_time(deadline)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ServiceRefused(service=self.service, reason=f"its address is not one: {self._shown(error)}") from None
        except httpx.HTTPError as error:
            self._check_time(deadline)
            raise ServiceFailed(service=self.service, reason=self._shown(error) or type(error).__name__) from None
        self._check(answer, content)
        try:
            data = json.loads(content)
        except (ValueError, RecursionError):
            raise ServiceFailed(service=self.service, reason="its answer is not JSON") from None
        return Answer(data, pause_s=_reset_s(answer) if _is_used_up(answer) else None)

    def _check_time(self, deadline: Deadline) -> None:
        if deadline.is_over:
            raise ServiceFailed(service=self.service, reason=f"its answer took longer than {2 * self.timeout_s:g} s")

    def _content(self, answer: httpx.Response) -> bytes:
        parts, count = [], 0
        for part in pieces(answer):
            count += len(part)
            if count > self.max_bytes:
                raise ServiceRefused(service=self.service, reason=f"its answer is larger than {self.max_bytes} bytes")
            parts.append(part)
        return b"".join(parts)

    def _check(self, answer: httpx.Response, content: bytes) -> None:
        if answer.is_success:
            return
        said = self._shown(_message_of(content))
        told = f"it answered {answer.status_code}" + (f": {said}" if said else "")
        # OpenAI says 429 also when no credit is left, which no waiting mends.
        if answer.status_code in MAY_PASS and "insufficient_quota" not in content[:4000].decode(errors="replace"):
            wait_s = retry_after_s(answer)
            if wait_s is None:
                wait_s = _reset_s(answer)
            raise ServiceFailed(service=self.service, reason=told, retry_after_s=wait_s)
        if answer.status_code in _KEY_REFUSED or "api key" in said.casefold():
            told = f"the key is not accepted ({told}); {self.key_help}".rstrip("; ")
        raise ServiceRefused(service=self.service, reason=told)

    def _shown(self, said: object) -> str:
        """Return the words of an error in one line, without the key."""
        line = " ".join(str(said).split())
        secret = self.key.get_secret_value() if self.key else ""
        return (line.replace(secret, "…") if secret else line)[:_MOST_TOLD]


@contextmanager
def as_documented(service: str) -> Generator[None]:
    """Read an answer inside the block; one of another form than the service documents raises ServiceFailed."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        reason = f"its answer is not of the form that it documents ({type(error).__name__})"
        raise ServiceFailed(service=service, reason=reason) from error


def _message_of(content: bytes) -> str:
    """Return what an error's body says: OpenAI's {"error": {"message": …}}, {"error": "…"}, or plain text."""
    text = content[:4000].decode(errors="replace")
    try:
        error = json.loads(content)["error"]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return "" if text.lstrip().startswith("<") else text
    if isinstance(error, dict):
        return str(error.get("message") or error.get("code") or "")
    return str(error)


def _is_used_up(answer: httpx.Response) -> bool:
    return str(answer.headers.get("X-RateLimit-Remaining", "")).strip() == "0"


def _reset_s(answer: httpx.Response) -> float | None:
    """Return the seconds until a rate limit's window ends, given as such (Pixabay) or as a time (Pexels)."""
    told = answer.headers.get("X-RateLimit-Reset", "").strip()
    if not (told.isascii() and told.isdigit()):
        return None
    return max(0.0, float(told) - time.time()) if int(told) > _EPOCH_S else float(told)


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
