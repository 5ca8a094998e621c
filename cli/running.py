"""Running flows from the command line: the server that they need, their start, their progress."""

import gc
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.console import stderr
from engines.errors import ApiUnreachable

R = TypeVar("R")
_LOGGING = Path(__file__).parent.parent / "blocks" / "logging.yml"


def in_flow_run(run: Callable[[], R]) -> R:
    """Call what imports and runs a flow, with Prefect's settings made up before and progress shown."""
    choose_server()
    # No sum here is worth a thread of the linear algebra library, and each of those spins for a while when it starts.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if "NEUROSHORTS_LOG_DIR" in os.environ:
        os.environ.setdefault("PREFECT_LOGGING_SETTINGS_PATH", str(_LOGGING))
    gc.disable()  # an eighth of the time of these imports goes into looking for garbage among what is all kept
    from httpx import TransportError

    from blocks.heartbeat import no_heartbeat
    from blocks.server_choice import configured_api_url
    from flows import render_short  # noqa: F401  whatever flow it is, what it needs is what this one does

    gc.freeze()
    gc.enable()
    try:
        with interrupt_kept(), progress_bar(), no_heartbeat():
            return run()
    except TransportError as error:  # a step's own network faults have other names
        raise ApiUnreachable(url=configured_api_url(), reason=str(error)) from error


def choose_server() -> None:
    """Use the Prefect API that the user configured, else a local one; Prefect reads its settings when imported."""
    from blocks.local_server import client_environment, ensure_server
    from blocks.server_choice import configured_api_url

    if configured_api_url() is None:
        os.environ.update(client_environment(ensure_server(notify=stderr.print)))
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


@contextmanager
def interrupt_kept() -> Generator[None]:
    """Let Ctrl-C end the block as what it is, also where a library on its way makes an error of its own of it."""
    seen = False

    def note(number: int, frame: object) -> None:
        nonlocal seen
        seen = True
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield
    except Exception as error:
        if seen:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def progress_bar() -> Generator[None]:
    """Show finished steps on a terminal; elsewhere, nothing."""
    from flows import progress

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        token = progress.listener.set(
            lambda done, total, step: bar.update(task, completed=done, total=total, description=step.split(":")[0])
        )
        try:
            yield
        finally:
            progress.listener.reset(token)
