"""What `up` started and applied last, kept beside the local server's state."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from blocks.processes import Started
from blocks.server_state import default_home
from models.base import Model


class Worker(Started):
    """A worker that was started here."""

    name: str
    health_url: str | None = None  # answers 503 when it has not asked for runs for a while


class SystemState(Model):
    """The workers and the exporter of this machine, and what was deployed."""

    workers: tuple[Worker, ...] = ()
    exporter: Started | None = None
    api_url: str | None = None
    deployed: str | None = None


def system_home() -> Path:
    """Return the folder of the state file and of the workers' logs."""
    return default_home()


def read_state(home: Path) -> SystemState:
    """Return what the state file tells; nothing started if there is none that can be read."""
    try:
        return SystemState.model_validate_json((home / "system.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        return SystemState()


def write_state(home: Path, state: SystemState) -> None:
    """Replace the state file in one step."""
    part = home / "system.json.part"
    part.write_text(state.model_dump_json(indent=2))
    part.replace(home / "system.json")


@contextmanager
def system_lock(home: Path) -> Generator[None]:
    """Let one `up` or `down` work at a time."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "system.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
