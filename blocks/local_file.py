"""Files of this machine as sources: opened once, and what was opened is what is looked at."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from blocks.settings import Settings
from blocks.sinks import Sink
from engines.errors import SourceNotFound, SourceRefused, SourceTooLarge


@dataclass(frozen=True)
class LocalFile:
    """A regular file of this machine; `resolved` where its path was checked with all links followed."""

    path: Path
    uri: str
    settings: Settings
    resolved: bool = False

    @property
    def service(self) -> None:
        """None: a file of this machine."""

    @property
    def key(self) -> str:
        """The hash of the path."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()

    def version(self) -> str:
        """Return the file's identity, size and time of change. Raises SourceNotFound, SourceRefused."""
        with self._opened() as reader:
            return self._version(os.fstat(reader.fileno()))

    def download(self, writer: IO[bytes] | Sink) -> str:
        """Copy the file. Raises SourceNotFound, SourceRefused, SourceTooLarge."""
        sink = Sink.of(writer)
        sink.restart()
        with self._opened() as reader:
            status = os.fstat(reader.fileno())
            check_size(status.st_size, self.uri, self.settings)
            sink.version = self._version(status)
            return sink.copy(reader)

    def _version(self, status: os.stat_result) -> str:
        return f"{self.path} {status.st_ino} {status.st_size} {status.st_mtime_ns}"

    def _opened(self) -> IO[bytes]:
        """Open without waiting for the other end of a pipe, and look at what was opened, not at its name."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            raise SourceNotFound(source=self.uri) from None
        except PermissionError as error:
            raise SourceRefused(source=self.uri, reason="this program may not read it") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise SourceRefused(source=self.uri, reason="not a regular file")
        if self.resolved and not _is_at(descriptor, self.path):
            os.close(descriptor)
            raise SourceRefused(source=self.uri, reason="a link took its place after its path was checked")
        return os.fdopen(descriptor, "rb")


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether what was opened lies at a path, as far as the system tells (Linux)."""
    try:
        opened = str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        return True
    return opened.removesuffix(" (deleted)") == str(path).removesuffix(" (deleted)")


def check_size(size: int, uri: str, settings: Settings) -> None:
    """Raise SourceTooLarge for a file of more bytes than this installation takes."""
    if size > settings.max_source_bytes:
        raise SourceTooLarge(source=uri, limit=f"{settings.max_source_bytes} bytes, it has {size}")
