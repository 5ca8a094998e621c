"""Telling another system that a render has ended: a signed JSON POST."""

import time

import httpx
from pydantic import SecretStr

from blocks.settings import Settings
from blocks.web import retry_after_s
from blocks.web_addresses import checked_address, name_of, server_of, without_secrets
from engines.bodies import cut_off_after
from engines.errors import CallbackFailed, CallbackRefused, DownloadFailed, SourceNotFound, SourceRefused
from engines.signing import sign

EVENT_HEADER = "X-NeuroShorts-Event"
TIMESTAMP_HEADER = "X-NeuroShorts-Timestamp"
SIGNATURE_HEADER = "X-NeuroShorts-Signature"
SECRET_BLOCK = "neuroshorts-callback-secret"  # noqa: S105
# Answers that say "never": the rest may pass, also 404, which a workflow that is not waiting yet answers.
_NEVER = frozenset({400, 401, 403, 405, 406, 410, 411, 413, 414, 415, 422, 501})


def service_of(address: str) -> str:
    """Return the receiver as a circuit breaker knows it."""
    return f"callback {server_of(_url(address))}"


def shown(address: str) -> str:
    """Return the address without what may be secret in it."""
    return str(_url(address).copy_with(userinfo=b"", query=None, fragment=None))


def post(
    address: str, body: str, *, event_id: str, secret: SecretStr | None, settings: Settings, timeout_s: float
) -> int:
    """POST a body, signed if there is a secret, and return the status of the receiver's answer.

    The address is held to the same rules as a source's, but for the hosts that the settings allow. Redirects are not
    followed. Raises CallbackFailed for what may pass, CallbackRefused for what will not.
    """
    url, name, content = _url(address), shown(address), body.encode()
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": "neuroshorts",
        "Content-Type": "application/json",
        EVENT_HEADER: event_id,
        **_signed(content, secret),
    }
    try:
        host = checked_address(url, name, allow_private=_may_be_private(url, settings))
        auth = httpx.BasicAuth(url.username, url.password) if url.userinfo else None
        # The answer's body, which may never end, is not read.
        with (
            httpx.Client(auth=auth, timeout=timeout_s, trust_env=False) as client,
            cut_off_after(2 * timeout_s) as deadline,
            client.stream(
                "POST",
                url.copy_with(host=host, userinfo=b"", fragment=None),
                content=content,
                headers=headers,
                extensions={"sni_hostname": name_of(url), **deadline.extensions},
            ) as answer,
        ):
            pass
    except (SourceRefused, SourceNotFound) as error:
        raise CallbackRefused(url=name, reason=str(error).removeprefix(f"{name}: ")) from error
    except (DownloadFailed, httpx.HTTPError) as error:
        raise CallbackFailed(url=name, reason=str(error) or type(error).__name__) from error
    _check_status(answer, name)
    return answer.status_code


def _url(address: str) -> httpx.URL:
    try:
        return httpx.URL(address)
    except httpx.InvalidURL:
        raise CallbackRefused(url=without_secrets(address), reason="not a web address") from None


def _check_status(answer: httpx.Response, name: str) -> None:
    status, told = answer.status_code, f"it answered {answer.status_code}"
    if status in _NEVER or answer.has_redirect_location:
        raise CallbackRefused(url=name, reason=told, status=status)
    if not answer.is_success:
        raise CallbackFailed(url=name, reason=told, status=status, retry_after_s=retry_after_s(answer))


def _may_be_private(url: httpx.URL, settings: Settings) -> bool:
    return settings.allow_private_networks or bool({url.host, server_of(url)} & set(settings.callback_hosts))


def _signed(body: bytes, secret: SecretStr | None) -> dict[str, str]:
    timestamp_s = int(time.time())
    headers = {TIMESTAMP_HEADER: str(timestamp_s)}
    if secret:
        headers[SIGNATURE_HEADER] = sign(body, secret=secret.get_secret_value(), timestamp_s=timestamp_s)
    return headers
