"""A folder of an object store, and copying with a hash."""

import errno
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from blocks.places import (
    faults,
    is_part,
    is_shared_by_threads,
    named_fault,
    open_place,
    put_bytes,
    put_file,
    puts_whole,
)
from blocks.sinks import Sink
from blocks.usage import Stored
from engines.errors import StoreRefused

_MODIFIED = ("LastModified", "mtime", "modified", "modifiedTime", "updated", "created")


class RemoteFolder:
    """The few operations that a store needs of an fsspec file system. All raise StoreUnreachable, StoreRefused."""

    def __init__(self, url: str) -> None:
        """Open the folder at `url`. Raises what `open_place` raises."""
        self._url = url
        try:
            fs, self._base = open_place(url)
        except faults() as error:
            raise named_fault(error, url) from error
        self._shared: Any = fs if is_shared_by_threads(fs) else None

    @property
    def _fs(self) -> Any:
        return self._shared or open_place(self._url)[0]

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
            if is_part(address):
                continue
            yield _stored(f"{folder}/{address[len(path) :].lstrip('/')}", info)

    def remove(self, key: str) -> None:
        """Remove an object; one that is gone already is no error."""
        with self._reached(key) as path, suppress(FileNotFoundError):
            self._fs.rm_file(path)

    def upload(self, source: Path, key: str) -> None:
        """Put a file; the object appears whole."""
        with self._reached(key, puts=True) as path:
            put_file(self._fs, source, path)

    def download(self, key: str, writer: IO[bytes] | Sink) -> str:
        """Copy an object, or what a sink lacks of it, and return its SHA-256. Raises FileNotFoundError."""
        sink = Sink.of(writer)
        with self._reached(key) as path, self._fs.open(path, "rb") as reader:
            if sink.tag != key:  # what lies under a key never changes: it is the hash of the content
                sink.restart(key)
            if sink.count:
                reader.seek(sink.count)
            return sink.copy(reader)

    def read(self, key: str) -> bytes:
        """Return an object's bytes. Raises FileNotFoundError."""
        with self._reached(key) as path:
            return bytes(self._fs.cat_file(path))

    def write(self, key: str, content: bytes) -> None:
        """Put or replace a small object."""
        with self._reached(key, puts=True) as path:
            put_bytes(self._fs, content, path)

    def create(self, key: str, content: bytes) -> bool:
        """Put a small object unless there is one, and return whether it was put.

        Of many at once exactly one puts it where whole objects are put: S3 and Google Cloud Storage.
        """
        with self._reached(key, puts=True) as path:
            fs = self._fs
            if not puts_whole(fs):
                if fs.exists(path):
                    return False
                put_bytes(fs, content, path)
                return True
            try:
                fs.pipe_file(path, content, mode="create")
            except FileExistsError:
                return False
        return True

    @contextmanager
    def _reached(self, key: str, *, puts: bool = False) -> Generator[str]:
        path, uri = (f"{base.rstrip('/')}/{key}" for base in (self._base, self._url))
        try:
            yield path
        except FileNotFoundError as error:
            if puts:
                raise StoreRefused(uri=uri, reason="there is no such bucket or folder") from error
            raise
        except faults() as error:
            if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                raise  # of the local copy
            raise named_fault(error, uri) from error


def _stored(key: str, info: dict[str, Any]) -> Stored:
    modified = modified_of(info)
    moment = modified.timestamp() if isinstance(modified, datetime) else modified
    return Stored(key=key, size=int(info["size"]), modified_s=time.time() if moment is None else float(moment))


def modified_of(info: dict[str, Any]) -> Any:
    """Return what file systems call the time of the last change by different names, or None."""
    found = next((info[name] for name in _MODIFIED if info.get(name)), None)
    return datetime.fromisoformat(found) if isinstance(found, str) else found


def tag_of(info: dict[str, Any]) -> str | None:
    """Return what changes when a file does, or None if its file system tells nothing."""
    if tag := info.get("ETag") or info.get("etag") or info.get("generation"):
        return f"etag {tag}"
    modified = modified_of(info)
    return None if modified is None else f"modified {modified} size {info['size']}"
