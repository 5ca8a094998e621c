"""A Prefect server of our own on this machine, for people who run none: started once, reused by every later render.

Nothing here imports Prefect, whose settings are read at its import: a program calls `ensure_server` first, puts
`client_environment` into `os.environ`, and then imports its flows.
"""

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from blocks.local_auth import auth_string
from blocks.processes import is_alive
from blocks.server_process import START_TIMEOUT_S, end_process, is_healthy, start_process, wait_until_healthy
from blocks.server_state import HOST, ServerState, default_home, read_state
from engines.errors import ServerFailed

_CLIENT_SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
}


def ensure_server(
    *,
    home: Path | None = None,
    port: int = 0,
    complete: bool = False,
    host: str | None = None,
    notify: Callable[[str], None] | None = None,
) -> str:
    """Return the API URL of a healthy local server of this Prefect version, starting one if there is none.

    Programs that call this together share one server. `port` 0 takes any free port. A `complete` server also runs the
    services behind deployments, schedules and automations, and takes the place of one that does not, on its port.
    `host` is what it listens on, as it does now or this machine alone when not given; one that others can reach, too,
    asks for the password in the home's file.
    `notify` is told when there is something to wait for. Raises ServerFailed.
    """
    home = home or default_home()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServerFailed(reason=f"its folder cannot be made: {error}", log="none") from error
    tell = notify or (lambda message: None)
    with _lock(home):
        state = read_state(home)
        if state and is_alive(state) and _serves(state, port, complete, host):
            if is_healthy(state) or wait_until_healthy(state, _remaining_start_s(state)):
                return state.api_url
            tell("The local Prefect server does not answer; starting it again")
        if state:
            end_process(home, state)
            port = port or (state.port if complete else 0)
        tell("Starting the local Prefect server (the first time takes up to half a minute)")
        return start_process(home, port, complete, host or (state.host if state else HOST)).api_url


def stop_server(*, home: Path | None = None) -> bool:
    """End the local server, and nothing else; return whether there was one."""
    home = home or default_home()
    if not home.is_dir():
        return False
    with _lock(home):
        state = read_state(home)
        return state is not None and end_process(home, state)


def client_environment(url: str, *, home: Path | None = None) -> dict[str, str]:
    """Return the variables that make this process, and its children, use the local server with the API at `url`."""
    no_proxy = ",".join(
        filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), urlsplit(url).hostname])
    )
    home = home or default_home()
    auth = auth_string(home)
    return {
        **_CLIENT_SETTINGS,
        **({"PREFECT_API_AUTH_STRING": auth} if auth else {}),
        "PREFECT_API_URL": url,
        "PREFECT_HOME": str(home),
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def _serves(state: ServerState, port: int, complete: bool, host: str | None) -> bool:
    """Return whether the server is what is wanted."""
    is_there = (not port or port == state.port) and host in (None, state.host)
    return is_there and state.prefect_version == version("prefect") and state.complete >= complete


def _remaining_start_s(state: ServerState) -> float:
    """How long to wait for a server that another program may just have started before it was ended itself."""
    return max(5.0, state.created_s + START_TIMEOUT_S - time.time())


@contextmanager
def _lock(home: Path) -> Generator[None]:
    with (home / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
