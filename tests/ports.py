"""Ports for servers that a test starts later than it names their address, so that nobody else takes them meanwhile."""

import random
import socket
from pathlib import Path

_HOST = "127.0.0.1"
_SPAN = 12_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_claims: list[socket.socket] = []


def take_port() -> int:
    """Return a free TCP port that is this process's until it ends, among all that take theirs by this function.

    The system hands out none of these by itself, neither to servers on port 0 nor to clients. The claim is the UDP port
    of the same number, which the system gives back however the process ends.
    """
    first = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 49152  # macOS
    while True:
        port = random.SystemRandom().randrange(first - _SPAN, first)
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind((_HOST, port))
            with socket.socket() as probe:
                probe.bind((_HOST, port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port
