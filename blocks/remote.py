"""A folder of an object store, and copying with a hash."""

import errno
import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import fsspec
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

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
        with self._reached(key) as path:
            self._fs.invalidate_cache()
            try:
                return int(self._fs.info(path)["size"])
            except FileNotFoundError:
                return None

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


def copy_hashed(reader: IO[bytes], writer: IO[bytes]) -> str:
    """Copy a stream to its end and return the SHA-256 of what passed, as hexadecimal digits."""
    digest = hashlib.sha256()
    while chunk := reader.read(CHUNK_BYTES):
        digest.update(chunk)
        writer.write(chunk)
    return digest.hexdigest()
