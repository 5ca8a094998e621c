"""Web addresses: what they say, where they lead, and that none leads a stranger into the private network."""

import socket
from typing import Any

import httpx
import pytest

from blocks.settings import Settings
from blocks.web import WebFile
from blocks.web_addresses import checked_address, is_public, without_secrets
from engines.errors import SourceNotFound, SourceRefused


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    ["http://" + "a" * 70 + ".com/", "http://a..b/", "http://\0/", "http://[::1/", "http:///x", "http://xn--/"],
)
def test_what_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(SourceRefused):
        WebFile(address, Settings()).version()


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*args: Any, **kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(SourceRefused):
        checked_address(httpx.URL("http://example.org/"), "x", allow_private=False)


@pytest.mark.parametrize(
    ("host", "asked"), [("faß.de", "xn--fa-hia.de"), ("σας.gr", "xn--mxa8ab.gr"), ("bücher.de", "xn--bcher-kva.de")]
)
def test_a_name_is_looked_up_as_it_is_asked_for(host: str, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own way to write a name that is not ASCII makes another one of some: a stranger's, perhaps."""
    looked_up: list[str] = []

    def resolve(name: str, *rest: object, **more: object) -> list[object]:
        looked_up.append(name)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(SourceNotFound):
        WebFile(f"https://{host}/a", Settings()).version()
    assert looked_up == [asked]


@pytest.mark.parametrize(
    "address",
    [
        "https://u:p@ss@host/a",
        "https://u:p@host/a?key=p@x",
        "https://u:p@host/a#p",
        "https://host/a?p=1?q@z",
        "u:p@host/a",
    ],
)  # fmt: skip
def test_an_address_is_told_without_its_secrets(address: str) -> None:
    assert without_secrets(address) == ("https://" if "://" in address else "") + "host/a"
