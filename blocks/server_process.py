"""The process of the local Prefect server: started with settings of its own, ended, and asked whether it is well."""

import http.client
import os
import sys
from importlib.metadata import version
from pathlib import Path

from blocks.local_auth import auth_string, ensure_auth, is_loopback, nearest
from blocks.ports import free_port
from blocks.processes import is_alive, spawn, stop, wait_until
from blocks.server_state import HOST, ServerState, api_url, forget_state, write_state
from engines.errors import ServerFailed

START_TIMEOUT_S = 180.0
_STOP_TIMEOUT_S = 10.0
_PORT_ATTEMPTS = 3
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


def start_process(home: Path, port: int, complete: bool, host: str) -> ServerState:
    """Start a server and wait until it answers; `port` 0 takes any free port. Raises ServerFailed."""
    log_path = home / "server.log"
    for _ in range(_PORT_ATTEMPTS):
        state = _spawn(home, port or free_port(), complete, host, log_path)
        if wait_until_healthy(state, START_TIMEOUT_S):
            return state
        still_starting = is_alive(state)
        end_process(home, state)
        if still_starting:
            raise ServerFailed(reason=f"it did not answer within {START_TIMEOUT_S:g} s", log=str(log_path))
    raise ServerFailed(reason=_last_line(log_path) or "it ended at once", log=str(log_path))


def end_process(home: Path, state: ServerState) -> bool:
    """End the process that `state` names, if it still is that process, with the group that it leads."""
    was_alive = stop(state, grace_s=_STOP_TIMEOUT_S)
    forget_state(home)
    return was_alive


def is_healthy(state: ServerState) -> bool:
    """Return whether the server answers now."""
    connection = http.client.HTTPConnection(nearest(state.host), state.port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_until_healthy(state: ServerState, timeout_s: float) -> bool:
    """Wait until the server answers or has ended, or the time is over; return whether it answers."""
    wait_until(lambda: is_healthy(state) or not is_alive(state), timeout_s=timeout_s)
    return is_alive(state) and is_healthy(state)


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
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://{HOST}:{port},http://localhost:{port}",
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
    write_state(home, state)
    return state


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
