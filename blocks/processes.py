"""Background processes that outlive their starter: known by number and time of birth, ended as groups."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from models.base import Model

_POLL_S = 0.1
_SAME_BIRTH_S = 1.0


class Started(Model):
    """A process that leads a group of its own, as a state file tells."""

    pid: int
    created_s: float


def spawn(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path) -> Started:
    """Start a program in the background, in a session and group of its own, its output at the end of `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Started(pid=process.pid, created_s=psutil.Process(process.pid).create_time())


def is_alive(started: Started) -> bool:
    """Tell the process from another that was given its number later."""
    try:
        process = psutil.Process(started.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return bool(abs(process.create_time() - started.created_s) < _SAME_BIRTH_S)
    except psutil.NoSuchProcess:
        return False


def stop(started: Started, *, grace_s: float) -> bool:
    """Ask the process and its group to end, end them by force after `grace_s`; return whether it was alive."""
    was_alive = is_alive(started)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if is_alive(started):
            send(started, number)
            wait_until(lambda: not is_alive(started), timeout_s=grace_s)
    return was_alive


def send(started: Started, number: signal.Signals) -> None:
    """Send a signal to the process's group, if the process is still there."""
    if is_alive(started):
        with suppress(ProcessLookupError):  # it ended by itself meanwhile
            os.killpg(started.pid, number)


def wait_until(condition: Callable[[], bool], *, timeout_s: float) -> bool:
    """Return whether `condition` came true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True
