"""A folder of this machine that finished files are published to."""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from engines.disk_space import is_disk_full
from engines.errors import StoreCorrupt, StoreRefused
from models.destination import Labels

_LASTING = frozenset(
    {
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
        *(errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL),
    }
)
_LEAST_ROOM = 1 << 20  # bytes: the smallest short takes up about as much


class LocalTarget:
    """Files appear under their names by a rename, once they are on the disk and have been read back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, source: Path, name: str, labels: Labels) -> None:
        """Copy a file to `name`. Raises StoreRefused, StoreCorrupt."""
        with self._named(), self._part(name) as (part, writer):
            shutil.copyfile(source, part)
            os.fsync(writer.fileno())
            if _sha256(part) != labels.sha256:
                raise StoreCorrupt(uri=str(source), reason="its content does not match its name")
            part.replace(self._folder / name)

    def holds(self, source: Path, name: str, labels: Labels) -> bool:
        """Return whether a file is there with that content. Raises StoreRefused."""
        with self._named():
            target = self._folder / name
            return _size(target) == source.stat().st_size and _sha256(target) == labels.sha256

    def keeps(self, source: Path, name: str, labels: Labels) -> bool:
        """Return whether a file that was put is still there. Raises StoreRefused."""
        return self.holds(source, name, labels)

    def read(self, name: str) -> bytes:
        """Return the bytes of a small file. Raises FileNotFoundError, StoreRefused."""
        with self._named():
            return (self._folder / name).read_bytes()

    def write(self, name: str, content: bytes, media_type: str) -> None:
        """Write or replace a small file in one step. Raises StoreRefused."""
        with self._named(), self._part(name) as (part, writer):
            writer.write(content)
            writer.flush()
            os.fsync(writer.fileno())
            part.replace(self._folder / name)

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file unless there is one, and return whether it did; of many at once, one does."""
        with self._named(), self._part(name) as (part, writer):
            writer.write(content)
            writer.flush()
            try:
                (self._folder / name).hardlink_to(part)
            except FileExistsError:
                return False
        return True

    def check_writable(self) -> None:
        """Raise StoreRefused where no files can be written, and OSError for a disk without room; leaves nothing behind.

        The folder itself is not made, nor those above it: what is tried is the nearest one that there is.
        """
        nearest = next(path for path in (self._folder, *self._folder.parents) if os.path.lexists(path))
        if not nearest.is_dir():
            raise StoreRefused(uri=str(self._folder), reason=f"{nearest} is there, and is no folder")
        try:
            with tempfile.TemporaryFile(dir=nearest) as trial:
                trial.write(bytes(_LEAST_ROOM))
        except OSError as error:
            if is_disk_full(error):
                raise OSError(error.errno, error.strerror, str(nearest)) from error
            raise StoreRefused(uri=str(self._folder), reason=f"cannot write to {nearest}: {error.strerror}") from error

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None if there is none."""
        return _size(self._folder / name)

    def link(self, name: str, *, lifetime_s: int) -> tuple[str, None]:
        """Return the address of a file on this machine."""
        return (self._folder / name).absolute().as_uri(), None

    def names(self) -> frozenset[str]:
        """Return the names of the files that are there."""
        with suppress(FileNotFoundError), self._named():
            return frozenset(path.name for path in self._folder.iterdir())
        return frozenset()

    def tidy(self, names: Iterable[str]) -> None:
        """Remove what a process that was killed has left of these files."""
        wanted = {name for name in self.names() if name.startswith(".") and name.endswith(".part")}
        for part in (part for name in names for part in wanted if part.startswith(f".{name}.")):
            with suppress(OSError), (self._folder / part).open("rb") as left:
                fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its process lives
                (self._folder / part).unlink()

    @contextmanager
    def _part(self, name: str) -> Generator[tuple[Path, IO[bytes]]]:
        """Yield a new file beside the one it is to become, locked for as long as its process lives."""
        part = self._folder / f".{name}.{uuid.uuid4().hex[:8]}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as writer:
            try:
                with suppress(OSError):  # a file system without locks
                    fcntl.flock(writer, fcntl.LOCK_EX)
                yield part, writer
            finally:
                part.unlink(missing_ok=True)

    @contextmanager
    def _named(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in _LASTING:
                raise
            raise StoreRefused(uri=str(self._folder), reason=error.strerror) from error


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except FileNotFoundError:
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
