"""A folder of this machine, with the operations of a RemoteFolder.

Nothing is ever written under a final name: files are made in `tmp`, synced and renamed, so a process that is killed
leaves at most rubbish in `tmp`, which the next process sweeps.
"""

import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from blocks.sinks import Sink
from blocks.usage import Stored, mark_used
from blocks.workspace import Workspace
from engines.disk_space import is_disk_full
from engines.errors import DiskFull, StoreRefused


class DiskFolder:
    """Files below `root`, named by keys such as results/ab/abcdef….json. Safe between threads and processes."""

    def __init__(self, root: Path) -> None:
        """Open the folder, made if need be. Raises StoreRefused for one that cannot be used, DiskFull."""
        self.root = root
        try:
            with disk_full_named(root):
                self.workspace = Workspace(root / "tmp")
        except OSError as error:
            raise StoreRefused(uri=str(root), reason=error.strerror) from error

    def stat(self, key: str) -> Stored | None:
        """Return a file as it is now, or None if there is none."""
        with suppress(FileNotFoundError):
            status = (self.root / key).stat()
            if stat.S_ISREG(status.st_mode):
                return Stored(key=key, size=status.st_size, modified_s=status.st_mtime)
        return None

    def list(self, folder: str) -> Iterator[Stored]:
        """Yield every file below a folder."""
        for path in (self.root / folder).rglob("*"):
            if (found := self.stat(path.relative_to(self.root).as_posix())) is not None:
                yield found

    def remove(self, key: str) -> None:
        """Remove a file; one that is gone already is no error."""
        (self.root / key).unlink(missing_ok=True)

    def read(self, key: str) -> bytes:
        """Return a file's bytes. Raises FileNotFoundError."""
        return (self.root / key).read_bytes()

    def use(self, key: str) -> bytes:
        """Return a file's bytes, and make it as young as this use. Raises FileNotFoundError."""
        content = self.read(key)
        mark_used(self.root / key)
        return content

    def download(self, key: str, writer: IO[bytes]) -> str:
        """Copy a file and return its SHA-256. Raises FileNotFoundError."""
        with (self.root / key).open("rb") as reader:
            return Sink(writer).copy(reader)

    def write(self, key: str, content: bytes) -> None:
        """Write or replace a small file in one step. Raises DiskFull."""
        with disk_full_named(self.root / key):
            self.adopt(self._written(content), key)

    def create(self, key: str, content: bytes) -> bool:
        """Write a small file unless there is one, and return whether it did; of many at once, one does.

        Raises DiskFull.
        """
        path = self.root / key
        with disk_full_named(path):
            part = self._written(content)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.hardlink_to(part)
            except FileExistsError:
                return False
            finally:
                part.unlink()
        return True

    def adopt(self, part: Path, key: str) -> Path:
        """Give a finished file of this file system its name, after its bytes are on the disk; return its new path."""
        final = self.root / key
        descriptor = os.open(part, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        final.parent.mkdir(parents=True, exist_ok=True)
        part.replace(final)
        return final

    def copied(self, source: Path) -> tuple[str, Path]:
        """Copy a file into `tmp`; return its SHA-256 and the copy."""
        part = self.workspace.new_path()
        try:
            with source.open("rb") as reader, part.open("wb") as writer:
                return Sink(writer).copy(reader), part
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def could_adopt(self, path: Path) -> bool:
        """Return whether a file lies on the same file system, so that it can be renamed in place of being copied."""
        return path.stat().st_dev == self.workspace.new_path().parent.stat().st_dev

    def _written(self, content: bytes) -> Path:
        part = self.workspace.new_path()
        try:
            part.write_bytes(content)
        except OSError:
            part.unlink(missing_ok=True)  # of a full disk: what came of it would take room until this process ends
            raise
        return part


@contextmanager
def disk_full_named(path: Path) -> Generator[None]:
    """Give a disk without room, met in the block while `path` is written, its name: raises DiskFull."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull(path=str(path), reason=error.strerror) from error
        raise
