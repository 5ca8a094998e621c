"""The password of the local server, which it has from when it is first reachable by other machines."""

import ipaddress
import os
import secrets
from pathlib import Path

USER = "neuroshorts"
_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what listens everywhere answers here, too


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def nearest(host: str) -> str:
    """Return the host by which this machine reaches a server that listens on `host`, as a URL writes it."""
    address = _ALL.get(host, host)
    return f"[{address}]" if ":" in address else address


def auth_path(home: Path) -> Path:
    """Return the file that holds `user:password`, which nobody else on this machine may read."""
    return home / "server.auth"


def auth_string(home: Path) -> str | None:
    """Return `user:password`, or None if the server asks for none."""
    try:
        return auth_path(home).read_text().strip() or None
    except FileNotFoundError:
        return None


def ensure_auth(home: Path) -> str:
    """Return `user:password`, made up the first time."""
    known = auth_string(home)
    if known:
        return known
    made = f"{USER}:{secrets.token_urlsafe(24)}"
    descriptor = os.open(auth_path(home), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(made)
    return made
