"""A Prefect server of our own on this machine, for people who run none: started once, reused by every later render.

Nothing here imports Prefect, whose settings are read at its import: a program calls `ensure_server` first, puts
`client_environment` into `os.environ`, and then imports its flows.
"""

import fcntl
import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
from pydantic import ValidationError

from blocks import APP_NAME
from blocks.local_auth import auth_string, ensure_auth, is_loopback, nearest
from blocks.processes import Started, is_alive, spawn, stop, wait_until
from engines.errors import ServerFailed

START_TIMEOUT_S = 180.0
_STOP_TIMEOUT_S = 10.0
_PORT_ATTEMPTS = 3
_HOST = "127.0.0.1"
_PROGRAM = "blocks.prefect_server"
# No telemetry; fewer and larger SQLite transactions, so that clients meet a locked database less often; and leases on
# disk, because those in memory would be forgotten with a restart while their slots stay taken in the database.
_SERVER_SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "30",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
}
# What only deployments, schedules and automations need, which a server for `render` alone goes without.
_WITHOUT_SERVICES = {
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_ENABLED": "false",
}
_CLIENT_SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
}


class ServerState(Started):
    """The server that was started last, as its state file tells."""

    port: int
    prefect_version: str
    complete: bool = False
    host: str = _HOST

    @property
    def api_url(self) -> str:
        """Where clients on this machine find the API."""
        return api_url(self.port, self.host)


def api_url(port: int, host: str = _HOST) -> str:
    """Return the API URL, on this machine, of a local server on `port` that listens on `host`."""
    return f"http://{nearest(host)}:{port}/api"


def default_home() -> Path:
    """Return the folder of the local server's database, log and state."""
    return platformdirs.user_data_path(APP_NAME) / "prefect"


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
            if _is_healthy(state) or _wait_until_healthy(state, _remaining_start_s(state)):
                return state.api_url
            tell("The local Prefect server does not answer; starting it again")
        if state:
            _stop(home, state)
            port = port or (state.port if complete else 0)
        tell("Starting the local Prefect server (the first time takes up to half a minute)")
        return _start(home, port, complete, host or (state.host if state else _HOST)).api_url


def stop_server(*, home: Path | None = None) -> bool:
    """End the local server, and nothing else; return whether there was one."""
    home = home or default_home()
    if not home.is_dir():
        return False
    with _lock(home):
        state = read_state(home)
        return state is not None and _stop(home, state)


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


def read_state(home: Path) -> ServerState | None:
    """Return what the state file tells, or None if there is none that can be read."""
    try:
        return ServerState.model_validate_json(_state_path(home).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _serves(state: ServerState, port: int, complete: bool, host: str | None) -> bool:
    """Return whether the server is what is wanted."""
    is_there = (not port or port == state.port) and host in (None, state.host)
    return is_there and state.prefect_version == version("prefect") and state.complete >= complete


def _start(home: Path, port: int, complete: bool, host: str) -> ServerState:
    log_path = home / "server.log"
    for _ in range(_PORT_ATTEMPTS):
        state = _spawn(home, port or free_port(), complete, host, log_path)
        if _wait_until_healthy(state, START_TIMEOUT_S):
            return state
        still_starting = is_alive(state)
        _stop(home, state)
        if still_starting:
            raise ServerFailed(reason=f"it did not answer within {START_TIMEOUT_S:g} s", log=str(log_path))
    raise ServerFailed(reason=_last_line(log_path) or "it ended at once", log=str(log_path))


def _spawn(home: Path, port: int, complete: bool, host: str, log_path: Path) -> ServerState:
    # None of the user's own Prefect settings, and no project files: the server's folder is its working directory.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    services = {} if complete else _WITHOUT_SERVICES
    auth = auth_string(home) if is_loopback(host) else ensure_auth(home)
    place = {
        "PREFECT_HOME": str(home),
        # Else its pages ask port 4200; and those that another machine's browser shows have to ask where they came from.
        "PREFECT_SERVER_UI_API_URL": api_url(port) if is_loopback(host) else "/api",
        # Prefect's own setting lets the pages of any web site that somebody here visits talk to the API.
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://{_HOST}:{port},http://localhost:{port}",
        **({"PREFECT_SERVER_API_AUTH_STRING": auth} if auth else {}),
    }
    started = spawn(
        [sys.executable, "-m", _PROGRAM, "start", "--host", host, "--port", str(port)],
        folder=home,
        environment={**own, **_SERVER_SETTINGS, **services, **place},
        log=log_path,
    )
    state = ServerState(
        pid=started.pid,
        created_s=started.created_s,
        port=port,
        prefect_version=version("prefect"),
        complete=complete,
        host=host,
    )
    part = _state_path(home).with_suffix(".part")
    part.write_text(state.model_dump_json())
    part.replace(_state_path(home))
    return state


def _stop(home: Path, state: ServerState) -> bool:
    """End the process that `state` names, if it still is that process, with the group that it leads."""
    was_alive = stop(state, grace_s=_STOP_TIMEOUT_S)
    _state_path(home).unlink(missing_ok=True)
    return was_alive


def _is_healthy(state: ServerState) -> bool:
    connection = http.client.HTTPConnection(nearest(state.host), state.port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _wait_until_healthy(state: ServerState, timeout_s: float) -> bool:
    wait_until(lambda: _is_healthy(state) or not is_alive(state), timeout_s=timeout_s)
    return is_alive(state) and _is_healthy(state)


def _remaining_start_s(state: ServerState) -> float:
    """How long to wait for a server that another program may just have started before it was ended itself."""
    return max(5.0, state.created_s + START_TIMEOUT_S - time.time())


def is_free(port: int) -> bool:
    """Return whether nothing listens on a TCP port of this machine now."""
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) != 0


def free_port() -> int:
    """Return a TCP port of this machine that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def _lock(home: Path) -> Generator[None]:
    with (home / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _state_path(home: Path) -> Path:
    return home / "server.json"


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
