"""Who may talk to a server that asks for no password: programs of this machine, and the pages that it serves itself.

A browser lets the pages of any web site send requests here. It hides the answers from them, but does what was asked (a
POST whose body has no type needs no leave), opens their web sockets, and knows no difference between a site whose name
has come to resolve to this machine and the server itself. Only the names that the server is called by give them away.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from blocks.local_auth import is_loopback

_REFUSAL = "This server answers programs of its machine and its own pages only.\n"
_POLICY_VIOLATION = 1008


class OwnPagesOnly:
    """An application that answers requests to this machine by one of its own names, and from no other site's page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan" or is_own(_texts(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(_POLICY_VIOLATION)(scope, receive, send)
        else:
            await PlainTextResponse(_REFUSAL, status_code=403)(scope, receive, send)


def is_own(headers: Mapping[str, str]) -> bool:
    """Return whether a request with these headers asks for this machine, and comes from no page or from its own."""
    asked, origin = _own_port(f"http://{headers.get('host', '')}"), headers.get("origin")
    return asked is not None and (origin is None or _own_port(origin) == asked)


def _own_port(address: str) -> int | None:
    """Return the port of a web address of this machine, None for any other."""
    try:
        place = urlsplit(address)
        port = place.port or 80
    except ValueError:
        return None
    is_own = place.scheme == "http" and place.hostname is not None and is_loopback(place.hostname)
    return port if is_own and "@" not in place.netloc else None


def _texts(scope: Scope) -> dict[str, str]:
    """Return the headers of a request; of those that stand twice, what cannot be a host or an origin."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1")
        found[key] = f"{found[key]}, {value.decode('latin-1')}" if key in found else value.decode("latin-1")
    return found
