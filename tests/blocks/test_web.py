"""Reading from the web: nothing private, nothing too large, and errors by their names."""

import io
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from blocks import web as web_module
from blocks import web_addresses
from blocks.settings import Settings
from blocks.web import WebFile
from engines.errors import DownloadFailed, SourceNotFound, SourceRefused, SourceTooLarge

OPEN = Settings(allow_private_networks=True, max_source_bytes=1000)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"])
def test_ways_to_write_loopback_are_refused(host: str) -> None:
    with pytest.raises(SourceRefused):
        WebFile(f"http://{host}:1/x.jpg", Settings()).version()


def test_the_connection_goes_to_the_address_that_was_checked(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves anew to something else between the check and the connection changes nothing."""
    web.page("/a", body=b"hello")
    real, asked = socket.getaddrinfo, []

    def resolve(host: Any, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return real("127.0.0.1" if host == "rebinding.example" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    target = io.BytesIO()
    WebFile(web.url.replace("127.0.0.1", "rebinding.example") + "/a", OPEN).download(target)
    assert target.getvalue() == b"hello"
    assert asked.count("rebinding.example") == 1


def test_a_redirect_into_the_private_network_is_refused(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    web.page("/public", status=302, headers={"Location": f"{web.url}/secret"})
    web.page("/secret", body=b"secret")
    checked = []

    def only_first_is_public(address: str) -> bool:
        checked.append(address)
        return len(checked) == 1

    monkeypatch.setattr(web_addresses, "is_public", only_first_is_public)
    with pytest.raises(SourceRefused, match="not a public address"):
        WebFile(f"{web.url}/public", Settings()).download(io.BytesIO())
    assert web.requests == ["GET /public"]


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://example.org/x", "gopher://127.0.0.1/", "http://a..b/"]
)
def test_a_redirect_to_another_scheme_is_refused(location: str, web: Any) -> None:
    web.page("/a", status=301, headers={"Location": location})
    with pytest.raises(SourceRefused):
        WebFile(f"{web.url}/a", OPEN).download(io.BytesIO())


def test_redirects_are_followed_but_not_for_ever(web: Any) -> None:
    web.page("/a", status=302, headers={"Location": "/b"})
    web.page("/b", body=b"there")
    target = io.BytesIO()
    WebFile(f"{web.url}/a", OPEN).download(target)
    assert target.getvalue() == b"there"
    web.page("/loop", status=302, headers={"Location": "/loop"})
    with pytest.raises(SourceRefused, match="redirects"):
        WebFile(f"{web.url}/loop", OPEN).download(io.BytesIO())


def test_the_body_is_counted_not_believed(web: Any) -> None:
    web.page("/declared", body=b"x", declared_length=5000)
    web.page("/chunked", body=b"x" * 5000, unbounded=True)
    for path in ("/declared", "/chunked"):
        with pytest.raises(SourceTooLarge):
            WebFile(f"{web.url}{path}", OPEN).download(io.BytesIO())


def test_a_body_that_ends_early_is_a_failed_download(web: Any) -> None:
    web.page("/a", body=b"x" * 10, declared_length=500, headers={"Connection": "close"})
    with pytest.raises(DownloadFailed):
        WebFile(f"{web.url}/a", OPEN).download(io.BytesIO())


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, SourceNotFound), (410, SourceNotFound), (403, SourceRefused), (429, DownloadFailed), (503, DownloadFailed)],
)
def test_statuses_have_names(status: int, error: type[Exception], web: Any) -> None:
    web.page("/a", status=status)
    with pytest.raises(error):
        WebFile(f"{web.url}/a", OPEN).download(io.BytesIO())


def test_the_version_follows_the_entity_tag_also_where_head_is_not_known(web: Any) -> None:
    web.page("/a", headers={"ETag": '"1"'})
    web.page("/b", headers={"ETag": '"2"'}, head_status=405)
    web.page("/c")
    versions = [WebFile(f"{web.url}/{name}", OPEN).version() for name in "abc"]
    assert versions == ['etag "1"', 'etag "2"', None]


def test_secrets_of_an_address_are_not_told() -> None:
    file = WebFile("http://user:pass@127.0.0.1:1/a.jpg?signature=secret", Settings())
    with pytest.raises(SourceRefused) as caught:
        file.version()
    assert "secret" not in str(caught.value)
    assert "pass" not in str(caught.value)
    assert file.uri == "http://127.0.0.1:1/a.jpg"


def test_https_checks_the_certificate_against_the_name_and_not_the_address(
    web: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed("films.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    web.speak_tls(context)
    web.page("/a", b"hello")
    monkeypatch.setattr(web_module, "_tls", lambda: ssl.create_default_context(cafile=str(certificate)))
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more))

    address = web.url.replace("http://127.0.0.1", "https://films.example")
    target = io.BytesIO()
    WebFile(f"{address}/a", OPEN).download(target)
    assert target.getvalue() == b"hello"
    with pytest.raises(DownloadFailed, match="CERTIFICATE_VERIFY_FAILED"):
        WebFile(f"{address.replace('films', 'other')}/a", OPEN).download(io.BytesIO())
    web.page("/up", status=302, headers={"Location": "/a"})
    WebFile(f"{address}/up", OPEN).download(io.BytesIO())
    web.page("/down", status=302, headers={"Location": "http://films.example/a"})
    with pytest.raises(SourceRefused, match="from https to http"):
        WebFile(f"{address}/down", OPEN).download(io.BytesIO())


def self_signed(name: str, folder: Path) -> tuple[Path, Path]:
    """Write a certificate for `name` that lasts a day, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*private))
    return folder / "cert.pem", folder / "key.pem"
