"""Which blobs the living processes of a machine are using, so that making room takes none of them away."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO

from blocks.workspace import Workspace, sweep

_HELD = "held"


class Pins:
    """The names that this process holds, in a file that counts as long as the process lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: Workspace | None = None
        self._names: set[str] = set()
        self._renders = 0
        self._lock = Lock()

    def hold(self, name: str) -> None:
        """Let nobody remove the blob of that name from now on; whether it is there is to be looked at after this."""
        if name in self._names:
            return
        with self._lock:
            self._own = self._own or Workspace(self._folder)
            path = self._own.new_path().with_name(_HELD)
            with self._locked(fcntl.LOCK_SH), path.open("ab") as file:
                file.write(f"{name}\n".encode())
            self._names.add(name)

    @contextmanager
    def rendering(self) -> Generator[None]:
        """Keep what a render holds inside the block. As it begins, what earlier ones of the process held is let go."""
        with self._lock:
            if not self._renders and self._own:
                with self._locked(fcntl.LOCK_SH):
                    self._own.new_path().with_name(_HELD).unlink(missing_ok=True)
                self._names = set()
            self._renders += 1
        try:
            yield
        finally:
            with self._lock:
                self._renders -= 1

    @contextmanager
    def removing(self) -> Generator[frozenset[str]]:
        """Yield the names that must stay. Nobody can hold another inside the block, so keep it short."""
        sweep(self._folder)
        with self._locked(fcntl.LOCK_EX):
            yield self.held()

    def held(self) -> frozenset[str]:
        """Return the names that living processes hold."""
        return frozenset(name for path in self._folder.glob(f"*/{_HELD}") for name in _lines(path))

    @contextmanager
    def _locked(self, kind: int) -> Generator[IO[bytes]]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "gate").open("ab") as file:
            fcntl.flock(file, kind)
            yield file


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []
