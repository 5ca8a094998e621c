"""How much heavy work runs at once on a machine, however many processes share it.

A slot is a locked file, and the lock dies with its process: one that is killed gives its slots back at once. (Leases
of Prefect's global limits last a minute at the least beyond a killed holder, cost two calls each, and count over all
machines, where the cores that they guard are those of one.)
"""

import fcntl
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_POLL_S = 0.02


@contextmanager
def slot(folder: Path, *, count: int) -> Generator[int]:
    """Hold one of `count` slots inside the block, waiting for it as long as need be, and yield its number.

    All who name the same folder share the slots. Where they disagree on the count, each keeps to its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [(folder / f"{number}.lock").open("ab") for number in range(count)]
    try:
        yield _claim([file.fileno() for file in files])
    finally:
        for file in files:
            file.close()


def _claim(descriptors: list[int]) -> int:
    """Lock the first file that is free and return its number."""
    while True:
        for number, descriptor in enumerate(descriptors):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            return number
        time.sleep(_POLL_S)
