"""Folders for half-made files, swept when their process is gone however it ended."""

import atexit
import fcntl
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_CLAIMED_S = 60.0  # far more than claiming a folder takes


class Workspace:
    """This process's own folder for half-made files, marked as alive by a lock that dies with the process."""

    def __init__(self, parent: Path, *, keep: frozenset[Path] = frozenset()) -> None:
        """Claim a folder below `parent`, and sweep those of the dead that are not to be kept."""
        parent.mkdir(parents=True, exist_ok=True)
        sweep(parent, keep=keep)
        self.folder = parent / f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._lock = self._claim()
        self._pid = os.getpid()
        atexit.register(self.close)

    def close(self) -> None:
        """Take the folder away; what is left to a process that dies before, the next one sweeps."""
        atexit.unregister(self.close)
        if os.getpid() == self._pid and not self._lock.closed:
            shutil.rmtree(self.folder, ignore_errors=True)
            _lock_path(self.folder).unlink(missing_ok=True)
            self._lock.close()

    def new_path(self) -> Path:
        """Return a path in the folder that nothing else uses."""
        self.folder.mkdir(parents=True, exist_ok=True)  # somebody may have emptied the store under a long-lived process
        return self.folder / uuid.uuid4().hex

    @contextmanager
    def scratch(self) -> Generator[Path]:
        """Yield a new empty folder, removed on leaving."""
        folder = self.new_path()
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _claim(self) -> IO[bytes]:
        """Lock the file that says this folder is in use; it appears under its name only once it is locked."""
        descriptor, name = tempfile.mkstemp(dir=self.folder.parent, prefix=".claim-")
        lock = os.fdopen(descriptor, "wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
        Path(name).rename(_lock_path(self.folder))
        return lock


def sweep(parent: Path, *, keep: frozenset[Path] = frozenset()) -> None:
    """Remove the folders of processes that are gone, but for those that are to be kept."""
    for lock_path in parent.glob("*.lock"):
        if lock_path.with_suffix("") in keep:
            continue
        try:
            with lock_path.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock_path.with_suffix(""), ignore_errors=True)
                lock_path.unlink(missing_ok=True)
        except (BlockingIOError, FileNotFoundError):
            continue  # in use, or another process sweeps it
    for claim in parent.glob(".claim-*"):
        with suppress(FileNotFoundError):
            if time.time() - claim.stat().st_mtime > _CLAIMED_S:
                claim.unlink()


def _lock_path(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")
