"""Web addresses that a stranger may have named: what they say, and whether they lead to the open internet."""

import ipaddress
import socket

import httpx

from engines.errors import DownloadFailed, SourceNotFound, SourceRefused

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GIVEN_OUT = ipaddress.ip_network("2000::/3")  # of IPv6, all that the open internet uses
_RELAYS = ipaddress.ip_network("192.88.99.0/24")  # wrap an address, as 2002::/16 does


def parse(address: str, source: str, *, base: httpx.URL | None = None) -> httpx.URL:
    """Return a web address, or what `address` means at `base`. Raises SourceRefused, which names `source`."""
    try:
        url = base.join(address) if base else httpx.URL(address)
        scheme, host = url.scheme, url.host
    except (httpx.InvalidURL, UnicodeError) as error:
        told = "" if "@" in address else f": {error}"  # which may quote a password
        raise SourceRefused(source=source, reason=f"not a web address{told}") from None
    if scheme not in ("http", "https"):
        raise SourceRefused(source=source, reason=f"leads to {scheme}:, which is neither http nor https")
    if not host:
        raise SourceRefused(source=source, reason="not a web address: it names no host")
    return url


def checked_address(url: httpx.URL, source: str, *, allow_private: bool) -> str:
    """Resolve the host of `url` and return one address of it.

    Raises SourceRefused when any of its addresses is not a public one, unless `allow_private`; SourceNotFound when
    there is no such host; DownloadFailed when the name service does not answer.
    """
    try:
        found = socket.getaddrinfo(name_of(url), port_of(url), type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise SourceRefused(source=source, reason=f"not a host name: {error}") from error
    except socket.gaierror as error:
        if error.errno == socket.EAI_NONAME:
            raise SourceNotFound(source=source) from error
        raise DownloadFailed(source=source, reason=f"cannot resolve {url.host}: {error.strerror}") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(is_public(address) for address in addresses):
        raise SourceRefused(source=source, reason=f"{url.host} is not a public address")
    return addresses[0]


def name_of(url: httpx.URL) -> str:
    """Return the host as it is asked for; Python would make another name of some that are not ASCII."""
    return url.raw_host.decode("ascii")


def server_of(url: httpx.URL) -> str:
    """Return the host and port that an address names."""
    return f"{url.host}:{port_of(url)}"


def port_of(url: httpx.URL) -> int:
    """Return the port that an address names, or else its scheme's."""
    return url.port or (443 if url.scheme == "https" else 80)


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the open internet, also where it is wrapped in an IPv6 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.sixtofour or ip.teredo:
            return False
        embedded = ip.ipv4_mapped or (ipaddress.IPv4Address(ip.packed[12:]) if ip in _NAT64 else None)
        if embedded:
            return is_public(str(embedded))
        return ip in _GIVEN_OUT and ip.is_global
    return ip.is_global and not ip.is_multicast and ip not in _RELAYS


def without_secrets(address: str) -> str:
    """Return an address without query and password, also one that is none: errors name it."""
    told = address.partition("?")[0].partition("#")[0]
    before, slashes, rest = told.partition("://")
    return f"{before}{slashes}{rest.rpartition('@')[2]}" if slashes else told.rpartition("@")[2]
