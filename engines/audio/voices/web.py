"""Asking a speech service over HTTP: bounded answers, and errors told apart by whose fault they are."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from engines.bodies import Deadline, cut_off_after, pieces
from engines.errors import SpeechFailed, VoiceUnavailable
from engines.retry_after import seconds_of

MOST_BYTES = 64 << 20
CONNECT_TIMEOUT_S = 10.0
_MAY_PASS = frozenset({408, 409, 425, 429})
_OF_THE_KEY = frozenset({401, 403})
_OUT_OF_CREDIT = frozenset({"quota_exceeded", "insufficient_quota"})
_LONGEST_REASON = 200
_HEADERS = {"Accept-Encoding": "gzip"}  # what `pieces` unpacks


@dataclass(frozen=True)
class SpeechService:
    """A service at an address that the operator chose, which may be one of this machine."""

    name: str  # what errors call it
    base_url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)  # never told in an error
    timeout_s: float = 120.0  # for a whole answer
    most_bytes: int = MOST_BYTES

    def post(self, path: str, body: dict[str, Any], **query: str) -> bytes:
        """Send JSON and return the answer's body. Raises SpeechFailed, VoiceUnavailable."""
        return self._ask("POST", path, json=body, params=query)

    def get(self, path: str) -> Any:
        """Return the JSON at `path`. Raises SpeechFailed, VoiceUnavailable."""
        return self.decode(self._ask("GET", path))

    def decode(self, body: bytes) -> Any:
        """Return the data in a JSON answer. Raises SpeechFailed."""
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise SpeechFailed(voice=self.name, reason="its answer is not JSON") from error

    def _ask(self, method: str, path: str, **request: Any) -> bytes:
        timeout = httpx.Timeout(self.timeout_s, connect=CONNECT_TIMEOUT_S)
        deadline = Deadline()
        url = f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"
        try:
            with (
                cut_off_after(self.timeout_s) as deadline,
                httpx.Client(timeout=timeout, trust_env=False, headers={**_HEADERS, **self.headers}) as client,
                client.stream(method, url, extensions=deadline.extensions, **request) as answer,
            ):
                body = self._read(answer)
            self._check_time(deadline)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise VoiceUnavailable(voice=self.name, reason=f"its address is wrong: {error}") from error
        except httpx.HTTPError as error:
            self._check_time(deadline)
            raise SpeechFailed(voice=self.name, reason=self._shown(str(error) or type(error).__name__)) from error
        self._check(answer, body)
        return body

    def _check_time(self, deadline: Deadline) -> None:
        if deadline.is_over:
            raise SpeechFailed(voice=self.name, reason=f"its answer took more than {self.timeout_s:g} s")

    def _read(self, answer: httpx.Response) -> bytes:
        chunks, count = [], 0
        for chunk in pieces(answer):
            chunks.append(chunk)
            count += len(chunk)
            if count > self.most_bytes:
                raise VoiceUnavailable(voice=self.name, reason=f"its answer is larger than {self.most_bytes} bytes")
        return b"".join(chunks)

    def _check(self, answer: httpx.Response, body: bytes) -> None:
        if answer.is_success:
            return
        status = answer.status_code
        code, message = _details(body)
        told = f"it answered {status} {answer.reason_phrase}".rstrip()
        if status in _MAY_PASS or status >= 500 or code in _OUT_OF_CREDIT:
            wait_s = seconds_of(answer.headers.get("Retry-After", ""))
            raise SpeechFailed(voice=self.name, reason=f"{told} {code}".rstrip(), status=status, retry_after_s=wait_s)
        if status in _OF_THE_KEY:  # some quote the key in their answer
            reason = f"{told}: its key is missing, wrong or not allowed this"
            raise VoiceUnavailable(voice=self.name, reason=reason, status=status)
        reason = self._shown(f"{told}: {message}" if message else told)
        raise VoiceUnavailable(voice=self.name, reason=reason, status=status)

    def _shown(self, text: str) -> str:
        hidden = text.replace(self.secret, "…") if self.secret else text
        return " ".join(hidden.split())[:_LONGEST_REASON]


def _details(body: bytes) -> tuple[str, str]:
    """Return the code and the message that services put into the JSON of a failure, as far as there are any."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    inner = (found.get("error") or found.get("detail") or found) if isinstance(found, dict) else found
    if not isinstance(inner, dict):
        return "", str(inner)
    code = inner.get("code") or inner.get("status") or ""
    return str(code), str(inner.get("message") or "")
