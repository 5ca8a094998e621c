"""Bring a whole installation up on this machine: start what is missing, correct what differs, touch nothing else."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from blocks.local_auth import auth_path, is_loopback
from blocks.local_server import client_environment, ensure_server
from blocks.ports import free_port, is_free
from blocks.processes import is_alive
from blocks.server_choice import configured_api_url
from blocks.server_state import read_state
from blocks.settings import get_settings
from engines.errors import ServerFailed
from models.base import Model
from system.state import SystemState, Worker, system_home, system_lock, write_state
from system.state import read_state as read_system

DEFAULT_PORT = 4200
UNTRUSTED, ROOTS = "NEUROSHORTS_UNTRUSTED_SPECS", "NEUROSHORTS_ALLOWED_ROOTS"
PROJECT = Path(__file__).resolve().parent.parent
INBOX = "inbox"  # what the nightly batch of prefect.yaml renders
Notify = Callable[[str], None]


class SystemUp(Model):
    """A running installation."""

    ui_url: str
    password_file: Path | None
    workers: tuple[str, ...]
    changes: tuple[str, ...]


def bring_up(*, workers: int, port: int | None, notify: Notify, host: str | None = None) -> SystemUp:
    """Start or complete the installation and return what was changed; a second call changes nothing.

    An API that the user has configured for Prefect is used in place of a local server. `workers` render one short
    each; of those running, none is ended. Where other machines reach the local server, on a `host` that is not this
    machine's alone, it asks for a password and specs count as strangers' (NEUROSHORTS_UNTRUSTED_SPECS) unless the
    environment says otherwise. Raises ServerFailed, DeployFailed.
    """
    home = system_home()
    with system_lock(home):
        chosen = configured_api_url()
        api_url = chosen or _local_server(home, port, host, notify)
        environment = {} if chosen else _environment(home, api_url)
        os.environ.update(environment)  # before Prefect is imported
        from system.provision import provision

        before = read_system(home)
        deployed = before.deployed if before.api_url == api_url else None
        digest, changes = provision(workers=workers, deployed=deployed)
        after = SystemState(workers=before.workers, exporter=before.exporter, api_url=api_url, deployed=digest)
        write_state(home, after)
        running, started = _fill_posts(home, after, workers, environment)
    names = tuple(worker.name for worker in running)
    return SystemUp(
        ui_url=api_url.removesuffix("/api"),
        password_file=auth_path(home) if "PREFECT_API_AUTH_STRING" in environment else None,
        workers=names,
        changes=(*changes, *started),
    )


def _environment(home: Path, api_url: str) -> dict[str, str]:
    """Return the variables of this process and of the workers."""
    server = read_state(home)
    is_open = server is not None and not is_loopback(server.host)
    closed = {UNTRUSTED: "true", ROOTS: json.dumps([str(PROJECT / INBOX)])} if is_open else {}
    return {**client_environment(api_url), **{name: os.environ.get(name, value) for name, value in closed.items()}}


def _local_server(home: Path, port: int | None, host: str | None, notify: Notify) -> str:
    running = read_state(home)
    if running and is_alive(running) and host not in (None, running.host):
        # The workers that run would not know the password of another.
        reason = f"one listens on {running.host} already; end it and its workers by `neuroshorts down` first"
        raise ServerFailed(reason=reason, log=str(home / "server.log"))
    if port is None:
        port = running.port if running else DEFAULT_PORT if is_free(DEFAULT_PORT) else free_port()
    return ensure_server(home=home, port=port, complete=True, host=host, notify=notify)


def _fill_posts(
    home: Path, state: SystemState, workers: int, environment: dict[str, str]
) -> tuple[tuple[Worker, ...], list[str]]:
    """Start the workers, and the exporter, that are missing, remembering each at once.

    Return all workers that run, and the changes.
    """
    from system.workers import living, posts, start_exporter, start_worker

    running = living(state.workers)
    taken = {worker.name for worker in running}
    started = []
    for post in posts(workers=workers):
        if post.name not in taken:
            worker = start_worker(post, environment=environment, logs=home)
            running = (*running, worker)
            write_state(home, state.model_copy(update={"workers": running}))
            started.append(f"worker {worker.name}, health at {worker.health_url}")
    if state.exporter is None or not is_alive(state.exporter):
        wanted = get_settings().metrics_port
        port = wanted if is_free(wanted) else free_port()
        exporter = start_exporter(port=port, environment=environment, logs=home)
        write_state(home, state.model_copy(update={"workers": running, "exporter": exporter}))
        started.append(f"metrics for Prometheus at http://127.0.0.1:{port}/metrics")
    return running, started
