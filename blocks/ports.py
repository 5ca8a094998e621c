"""TCP ports of this machine."""

import socket

_HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Return whether nothing listens on a TCP port of this machine now."""
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) != 0


def free_port() -> int:
    """Return a TCP port of this machine that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
