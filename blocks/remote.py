"""A folder of an object store, and copying with a hash."""

import errno
import hashlib
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import fsspec
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from blocks.usage import Stored
from engines.errors import StoreUnreachable

CHUNK_BYTES = 1 << 20


class RemoteFolder:
    """The few operations that a store needs of an fsspec file system. All raise StoreUnreachable."""

    def __init__(self, url: str) -> None:
        """Open the folder at `url`."""
        self._fs: Any
        self._fs, self._base = fsspec.core.url_to_fs(url)

    def size(self, key: str) -> int | None:
        """Return the size of an object as it is now, or None if there is none."""
        found = self.stat(key)
        return None if found is None else found.size

    def stat(self, key: str) -> Stored | None:
        """Return an object's size and age as they are now, or None if there is none."""
        with self._reached(key) as path:
            self._fs.invalidate_cache()
            try:
                return _stored(key, self._fs.info(path))
            except FileNotFoundError:
                return None

    def list(self, folder: str) -> Iterator[Stored]:
        """Yield every object below a folder."""
        with self._reached(folder) as path:
            self._fs.invalidate_cache()
            found = self._fs.find(path, detail=True)
        for address, info in found.items():
            yield _stored(f"{folder}/{address[len(path) :].lstrip('/')}", info)

    def remove(self, key: str) -> None:
        """Remove an object; one that is gone already is no error."""
        with self._reached(key) as path, suppress(FileNotFoundError):
            self._fs.rm_file(path)

    def upload(self, source: Path, key: str) -> None:
        """Put a file; the object appears whole."""
        with self._reached(key) as path:
            self._fs.put_file(str(source), path)

    def download(self, key: str, writer: IO[bytes]) -> str:
        """Copy an object and return its SHA-256. Raises FileNotFoundError."""
        with self._reached(key) as path, self._fs.open(path, "rb") as reader:
            return copy_hashed(reader, writer)

    def read(self, key: str) -> bytes:
        """Return an object's bytes. Raises FileNotFoundError."""
        with self._reached(key) as path:
            return bytes(self._fs.cat_file(path))

    def write(self, key: str, content: bytes) -> None:
        """Put or replace a small object."""
        with self._reached(key) as path:
            self._fs.pipe_file(path, content)

    def create(self, key: str, content: bytes) -> bool:
        """Put a small object unless there is one, and return whether it was put."""
        with self._reached(key) as path:
            try:
                self._fs.pipe_file(path, content, mode="create")
            except FileExistsError:
                return False
        return True

    @contextmanager
    def _reached(self, key: str) -> Generator[str]:
        path = f"{self._base.rstrip('/')}/{key}"
        try:
            yield path
        except FileNotFoundError:
            raise
        except (BotoCoreError, ClientError, OSError) as error:
            if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                raise  # of the local copy
            raise StoreUnreachable(uri=path, reason=str(error)) from error


def _stored(key: str, info: dict[str, Any]) -> Stored:
    """Read what file systems call the time of the last change by different names."""
    modified = next((info[name] for name in ("LastModified", "mtime", "modified", "created") if name in info), None)
    moment = modified.timestamp() if isinstance(modified, datetime) else modified
    return Stored(key=key, size=int(info["size"]), modified_s=time.time() if moment is None else float(moment))


def copy_hashed(reader: IO[bytes], writer: IO[bytes]) -> str:
    """Copy a stream to its end and return the SHA-256 of what passed, as hexadecimal digits."""
    digest = hashlib.sha256()
    while chunk := reader.read(CHUNK_BYTES):
        digest.update(chunk)
        writer.write(chunk)
    return digest.hexdigest()
