"""What a home folder tells of the local Prefect server that was started in it last."""

from pathlib import Path

import platformdirs
from pydantic import ValidationError

from blocks import APP_NAME
from blocks.local_auth import nearest
from blocks.processes import Started

HOST = "127.0.0.1"


class ServerState(Started):
    """The server that was started last, as its state file tells."""

    port: int
    prefect_version: str
    complete: bool = False
    host: str = HOST

    @property
    def api_url(self) -> str:
        """Where clients on this machine find the API."""
        return api_url(self.port, self.host)


def api_url(port: int, host: str = HOST) -> str:
    """Return the API URL, on this machine, of a local server on `port` that listens on `host`."""
    return f"http://{nearest(host)}:{port}/api"


def default_home() -> Path:
    """Return the folder of the local server's database, log and state."""
    return platformdirs.user_data_path(APP_NAME) / "prefect"


def read_state(home: Path) -> ServerState | None:
    """Return what the state file tells, or None if there is none that can be read."""
    try:
        return ServerState.model_validate_json(_path(home).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write_state(home: Path, state: ServerState) -> None:
    """Write the state file, which appears or is replaced whole."""
    part = _path(home).with_suffix(".part")
    part.write_text(state.model_dump_json())
    part.replace(_path(home))


def forget_state(home: Path) -> None:
    """Remove the state file, if there is one."""
    _path(home).unlink(missing_ok=True)


def _path(home: Path) -> Path:
    return home / "server.json"
