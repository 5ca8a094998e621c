"""Reading http(s) sources that a stranger may have named: only public addresses, only so many bytes, only so long."""

import hashlib
import logging
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import IO

import httpx

from blocks.ranges import claimed_sha256, length_of, range_of, rest_wanted, resume_tag, version_of
from blocks.settings import Settings
from blocks.sinks import Sink
from blocks.web_addresses import checked_address, name_of, parse, server_of, without_secrets
from engines.bodies import Deadline, cut_off_after, declared_bytes, pieces
from engines.errors import DownloadFailed, SourceNotFound, SourceRefused, SourceTooLarge
from engines.retry_after import seconds_of

MAX_REDIRECTS = 5
_GONE = frozenset({404, 410})
MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
_HEAD_UNKNOWN = frozenset({400, 401, 403, 405, 501})
_NOTHING_MORE: Mapping[str, str] = MappingProxyType({})
_HEADERS = {"User-Agent": "neuroshorts", "Accept": "*/*", "Accept-Encoding": "identity"}


for _logger in ("httpx", "httpcore"):  # their lines have whole addresses and headers, with the secrets in them
    logging.getLogger(_logger).setLevel(logging.WARNING)


@dataclass(frozen=True)
class WebFile:
    """A file on a web server. Its errors name it without its query or password, which may be secrets."""

    address: str
    settings: Settings
    is_own: bool = False  # the operator has named its server, which may be inside; where that redirects to may not

    @property
    def uri(self) -> str:
        """The address as people may see it."""
        url = parse(self.address, without_secrets(self.address))
        return str(url.copy_with(userinfo=b"", query=None, fragment=None))

    @property
    def service(self) -> str:
        """The server, as a circuit breaker knows it."""
        return f"download {server_of(parse(self.address, self.uri))}"

    def version(self) -> str | None:
        """Return what changes when the file does (entity tag, or date and length), or None if the server tells nothing.

        Raises DownloadFailed, SourceNotFound, SourceRefused.
        """
        with self._answer("HEAD") as answer:
            if answer.status_code not in _HEAD_UNKNOWN:
                self._check_status(answer)
                return version_of(answer, length_of(answer))
        with self._answer("GET") as answer:
            self._check_status(answer)
            return version_of(answer, length_of(answer))

    @property
    def key(self) -> str:
        """What this file is known by where addresses must not be told."""
        return hashlib.sha256(self.address.encode()).hexdigest()

    def download(self, writer: IO[bytes] | Sink) -> str:
        """Write the content and return its SHA-256; a sink that has the first part of it gets the rest.

        Raises DownloadFailed, SourceNotFound, SourceRefused, SourceTooLarge.
        """
        sink = Sink.of(writer)
        with self._answer("GET", rest_wanted(sink)) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                sink.restart()
                raise DownloadFailed(source=self.uri, reason="the server does not have the rest of what came before")
            self._check_status(answer)
            size = self._begin(sink, answer)
            for chunk in pieces(answer):
                self._check_size(sink.count + len(chunk))
                sink.write(chunk)
            self._check_content(sink, answer, size)
        return sink.sha256

    def _begin(self, sink: Sink, answer: httpx.Response) -> int | None:
        """Make the sink ready for the body, which may be the rest of a file, and return the size of the whole."""
        if answer.status_code == httpx.codes.PARTIAL_CONTENT:
            start, size = range_of(answer)
            if start != sink.count or sink.tag is None or sink.tag != resume_tag(answer):
                sink.restart()
                raise DownloadFailed(source=self.uri, reason="the server answered with another part than was asked for")
        else:
            sink.restart(resume_tag(answer))
            size = length_of(answer)
        self._check_size(size or declared_bytes(answer))
        sink.version = version_of(answer, size)
        return size

    def _check_content(self, sink: Sink, answer: httpx.Response, size: int | None) -> None:
        claimed = claimed_sha256(answer)
        if size is not None and sink.count != size:
            raise DownloadFailed(source=self.uri, reason=f"{sink.count} of {size} bytes came")
        if claimed and claimed != sink.sha256:
            sink.restart()
            raise DownloadFailed(source=self.uri, reason="what came is not what the server's checksum says")

    @contextmanager
    def _answer(self, method: str, headers: Mapping[str, str] = _NOTHING_MORE) -> Generator[httpx.Response]:
        """Send a request, follow its redirects by hand, and yield the last answer with its body unread."""
        url = parse(self.address, self.uri)
        timeout = httpx.Timeout(self.settings.read_timeout_s, connect=self.settings.connect_timeout_s)
        # No proxy from the environment: it would resolve the name again, after the check.
        # And each request on a connection of its own, which its deadline knows.
        with httpx.Client(
            timeout=timeout,
            trust_env=False,
            verify=_tls(),
            headers={**_HEADERS, **headers},
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as client:
            for _ in range(MAX_REDIRECTS + 1):
                with self._sent(client, method, url) as answer:
                    if not answer.has_redirect_location:
                        yield answer
                        return
                    url = self._next(url, answer.headers["Location"])
        raise SourceRefused(source=self.uri, reason=f"more than {MAX_REDIRECTS} redirects")

    def _next(self, url: httpx.URL, location: str) -> httpx.URL:
        """Return where a redirect leads, which anybody on the way could read and change if it gave up encryption."""
        found = parse(location, self.uri, base=url)
        if (url.scheme, found.scheme) == ("https", "http"):
            raise SourceRefused(source=self.uri, reason="is redirected from https to http; name that address itself")
        return found

    @contextmanager
    def _sent(self, client: httpx.Client, method: str, url: httpx.URL) -> Generator[httpx.Response]:
        """Connect to the very address that was checked, so that the name cannot resolve to another in between."""
        patience_s = self.settings.connect_timeout_s + 2 * self.settings.read_timeout_s
        limit_s = self.settings.download_timeout_s
        deadline, answer = Deadline(), None
        try:
            address = checked_address(url, self.uri, allow_private=self._may_be_private(url))
            auth = httpx.BasicAuth(url.username, url.password) if url.userinfo else None
            with cut_off_after(patience_s) as deadline:
                request = client.build_request(
                    method,
                    url.copy_with(host=address, userinfo=b""),
                    headers={"Host": url.netloc.decode("ascii")},
                    extensions={"sni_hostname": name_of(url), **deadline.extensions},
                )
                answer = client.send(request, stream=True, auth=auth)
                deadline.in_seconds(limit_s)
                try:
                    yield answer
                finally:
                    answer.close()
            if deadline.is_over:  # a body without a length seems to have ended
                raise SourceTooLarge(source=self.uri, limit=f"{limit_s:g} s to download")
        except httpx.HTTPError as error:
            if answer is not None and deadline.is_over:
                raise SourceTooLarge(source=self.uri, limit=f"{limit_s:g} s to download") from None
            reason = str(error) or type(error).__name__
            if "location header" in reason:  # and a part of it, which may be of a password
                raise SourceRefused(source=self.uri, reason="leads to what is no web address") from None
            if deadline.is_over:
                reason = f"the server did not answer within {patience_s:g} s"
            raise DownloadFailed(source=self.uri, reason=reason) from error

    def _may_be_private(self, url: httpx.URL) -> bool:
        is_first = self.is_own and server_of(url) == server_of(parse(self.address, self.uri))
        return is_first or self.settings.allow_private_networks

    def _check_status(self, answer: httpx.Response) -> None:
        if answer.status_code in _GONE:
            raise SourceNotFound(source=self.uri)
        told = f"the server answered {answer.status_code} {answer.reason_phrase}".rstrip()
        if answer.status_code in MAY_PASS:
            raise DownloadFailed(source=self.uri, reason=told, retry_after_s=retry_after_s(answer))
        if not answer.is_success:
            raise SourceRefused(source=self.uri, reason=told)

    def _check_size(self, count: int) -> None:
        if count > self.settings.max_source_bytes:
            raise SourceTooLarge(source=self.uri, limit=f"{self.settings.max_source_bytes} bytes")


def retry_after_s(answer: httpx.Response) -> float | None:
    """Return how long the server asks to be left alone (in seconds, or until a date), or None."""
    return seconds_of(answer.headers.get("Retry-After", ""))


@cache
def _tls() -> ssl.SSLContext:
    """Trust what httpx trusts, loaded once: it takes longer than a small download."""
    return httpx.create_ssl_context(trust_env=False)
