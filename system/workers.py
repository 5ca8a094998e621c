"""The workers of this machine: background processes that take runs from the pool's queues."""

import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from blocks.ports import free_port
from blocks.processes import Started, is_alive, send, spawn, stop, wait_until
from blocks.settings import get_settings
from models.base import Model
from system.fleet import BATCH, CONTROL, CONTROL_RUNS, INTERACTIVE, POOL
from system.state import Worker

PROJECT = Path(__file__).resolve().parent.parent
# How long a worker's runs may go on when it is told to end, before they are handed back; and for it to be gone.
LEAVE_S = 20
GRACE_S = LEAVE_S + 25.0
HEALTH_HOST = "127.0.0.1"
_WORKER_SETTINGS = {
    # The least that Prefect allows; deployments/automations/heartbeat.yaml waits for three of them.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    # A person who presses Run waits at most this long for a free worker to look.
    "PREFECT_WORKER_QUERY_SECONDS": "2",
    # Cancelling a run that a worker has claimed and not started yet.
    "PREFECT_WORKER_ENABLE_CANCELLATION": "true",
    "PREFECT_LOGGING_SETTINGS_PATH": str(PROJECT / "blocks" / "logging.yml"),
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",  # lines of this project's own loggers outside a run
}


class Post(Model):
    """What one worker is there for."""

    name: str
    queues: tuple[str, ...]
    limit: int


def posts(*, workers: int) -> tuple[Post, ...]:
    """Return the posts to fill: `workers` that render one short each, and one for the flows that only watch."""
    host = socket.gethostname()
    renders = (
        Post(name=f"{host}-render-{number}", queues=(INTERACTIVE, BATCH), limit=1) for number in range(1, workers + 1)
    )
    return (*renders, Post(name=f"{host}-control", queues=(CONTROL,), limit=CONTROL_RUNS))


def living(workers: tuple[Worker, ...]) -> tuple[Worker, ...]:
    """Return those that are still the processes that were started."""
    return tuple(worker for worker in workers if is_alive(worker))


def stop_workers(workers: tuple[Worker, ...]) -> tuple[Worker, ...]:
    """Tell all to end and wait until they have; return those that were running.

    What one that has to be ended by force leaves running is ended with it.
    """
    running = living(workers)
    runs = [child for worker in running for child in psutil.Process(worker.pid).children(recursive=True)]
    for worker in running:
        send(worker, signal.SIGTERM)
    wait_until(lambda: not living(running), timeout_s=GRACE_S)
    for worker in running:
        stop(worker, grace_s=0)
    for run in runs:
        with suppress(psutil.NoSuchProcess):  # psutil sees to it that it is still the same process
            run.kill()
    return running


def start_worker(post: Post, *, environment: Mapping[str, str], logs: Path) -> Worker:
    """Start a worker in the background, its output in `logs`, its health on a port of its own."""
    port = free_port()
    health = {"PREFECT_WORKER_WEBSERVER_HOST": HEALTH_HOST, "PREFECT_WORKER_WEBSERVER_PORT": str(port)}
    queue_options = [word for queue in post.queues for word in ("--work-queue", queue)]
    # Prefect warns that a worker class takes the place of the one that it extends.
    command = [sys.executable, "-W", "ignore::UserWarning:prefect.utilities.dispatch", "-m", "system.worker"]
    started = spawn(
        [
            *command,
            "--pool",
            POOL,
            *queue_options,
            "--limit",
            str(post.limit),
            "--name",
            post.name,
            "--leave",
            str(LEAVE_S),
        ],
        folder=PROJECT,
        environment={**os.environ, **environment, **worker_settings(), **health},
        log=logs / f"{post.name}.log",
    )
    health_url = f"http://{HEALTH_HOST}:{port}/health"
    return Worker(name=post.name, health_url=health_url, **started.model_dump())


def start_exporter(*, port: int, environment: Mapping[str, str], logs: Path) -> Started:
    """Start the exporter that Prometheus scrapes in the background, its output in `logs`."""
    return spawn(
        [sys.executable, "-m", "cli", "metrics", "--port", str(port)],
        folder=PROJECT,
        environment={**os.environ, **environment, **worker_settings()},
        log=logs / "metrics.log",
    )


def worker_settings() -> dict[str, str]:
    """Return the variables of every worker and of the runs that it starts."""
    settings = get_settings()
    return {
        **_WORKER_SETTINGS,
        # What is relative here would be relative to another folder there.
        "NEUROSHORTS_STORE": _absolute(settings.store),
        "NEUROSHORTS_DESTINATION": _absolute(settings.destination),
        "NEUROSHORTS_CACHE_DIR": str(settings.cache_dir.absolute()),
        "NEUROSHORTS_LOG_DIR": str(settings.log_dir.absolute()),
    }


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).expanduser().absolute())
