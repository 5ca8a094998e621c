"""Where a download goes: hashed as it comes, and of a large file kept when it is cut off, to go on from there later."""

import fcntl
import hashlib
import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from engines.errors import UserError

CHUNK_BYTES = 1 << 20
_POLL_S = 0.05
_TAG_SUFFIX = ".tag"


class Sink:
    """A file that a download fills from its start, or from where an earlier one of the same content stopped."""

    def __init__(self, file: IO[bytes]) -> None:
        self.count = 0
        self.tag: str | None = None
        self.version: str | None = None
        self._file, self._digest = file, hashlib.sha256()

    @classmethod
    def of(cls, writer: "IO[bytes] | Sink") -> "Sink":
        """Return the sink of a plain file, empty; a sink as it is."""
        return writer if isinstance(writer, Sink) else Sink(writer)

    def restart(self, tag: str | None = None) -> None:
        """Forget what came so far; what comes now is of the content that the server knows by `tag`."""
        if self.count:
            self._file.seek(0)
            self._file.truncate()
        self.count, self.tag, self._digest = 0, tag, hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self.count += len(chunk)

    def copy(self, reader: IO[bytes]) -> str:
        """Take all that a stream still has and return the SHA-256 of the whole, as hexadecimal digits."""
        while chunk := reader.read(CHUNK_BYTES):
            self.write(chunk)
        return self.sha256

    @property
    def sha256(self) -> str:
        """The hash of what came so far, as hexadecimal digits."""
        return self._digest.hexdigest()


class PartFile(Sink):
    """A half-fetched file under a name of its own, with its tag beside it, held by one at a time."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        super().__init__(file)
        self.path, self._note = path, path.with_name(path.name + _TAG_SUFFIX)
        self._go_on()

    def restart(self, tag: str | None = None) -> None:
        """Forget what came so far, and note the tag before anything comes."""
        super().restart(tag)
        self._file.flush()
        if tag is None:
            self._note.unlink(missing_ok=True)
        else:
            self._note.write_text(tag, encoding="utf-8")

    def finished(self) -> Path:
        """Return the path, every byte handed to the system: the file may be given away."""
        self._file.flush()
        self._note.unlink(missing_ok=True)
        return self.path

    def linked(self, path: Path) -> Path:
        """Give the finished file a second name, to give away, and return that: others go on waiting at the first."""
        path.hardlink_to(self.finished())
        return path

    def drop(self) -> None:
        """Remove what is not worth keeping; once it was given away, the name may be somebody else's."""
        if _is_still(self.path, self._file):
            self._note.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)

    def _go_on(self) -> None:
        """Take over what is there already. What was written before the machine last started may lack bytes."""
        status = os.fstat(self._file.fileno())
        if not status.st_size:
            return
        self.count = status.st_size
        if status.st_mtime < psutil.boot_time() or not self._note.exists():
            self.restart()
            return
        self.tag = self._note.read_text(encoding="utf-8")
        while chunk := self._file.read(CHUNK_BYTES):
            self._digest.update(chunk)
        self._file.seek(self.count)


class PartFolder:
    """The half-fetched files of a machine, shared by its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def claim(self, key: str) -> Generator[PartFile]:
        """Hold the file that is fetched under `key`, waiting for whoever fetches it now.

        A failure that may pass leaves it for the next; after any other outcome there is none.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder / key) as file:
            part = PartFile(self.folder / key, file)
            try:
                yield part
            except UserError:
                part.drop()
                raise
            except BaseException:
                if part.tag is None or not part.count:
                    part.drop()
                raise
            part.drop()

    def stale(self, *, older_than_s: float) -> list[Path]:
        """Return the half-fetched files that nobody has gone on with for long."""
        limit = time.time() - older_than_s
        return [path for path, status in self.files().items() if status.st_mtime < limit and not _is_locked(path)]

    def files(self) -> dict[Path, os.stat_result]:
        """Return every half-fetched file as it is now: those that are finished meanwhile are left out."""
        found = {}
        for path in self.folder.glob("*"):
            if path.suffix != _TAG_SUFFIX:
                with suppress(FileNotFoundError):
                    found[path] = path.stat()
        return found

    def remove(self, path: Path) -> None:
        """Remove a half-fetched file and what is noted of it."""
        path.with_name(path.name + _TAG_SUFFIX).unlink(missing_ok=True)
        path.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Generator[IO[bytes]]:
    """Open a file, made when it is not there, and hold the only lock on it."""
    while True:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as file:
            while not _try_lock(file):
                time.sleep(_POLL_S)
            if _is_still(path, file):
                yield file
                return


def _try_lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(path: Path, file: IO[bytes]) -> bool:
    """Return whether the name still means the open file: who held it before may have given it away."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return not _try_lock(file)
    except FileNotFoundError:
        return False
