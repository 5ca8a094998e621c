"""A folder of an object store: the few operations that a store needs, each by as few requests as it takes."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from blocks import exclusive, s3_objects, s3_uploads
from blocks.driver_faults import faults, named_fault
from blocks.filesystems import (
    is_part,
    is_s3,
    is_sftp,
    is_shared_by_threads,
    modified_of,
    put_bytes,
    put_file,
    puts_whole,
)
from blocks.places import open_place
from blocks.sinks import Sink
from blocks.usage import Stored, is_stale
from engines.disk_space import is_disk_full
from engines.errors import StoreRefused, StoreUnreachable

_SFTP_READS = 64  # of 32 KiB, on their way at once


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
        self._is_s3 = is_s3(fs)

    @property
    def _fs(self) -> Any:
        return self._shared or open_place(self._url)[0]

    @property
    def takes_many_at_once(self) -> bool:
        """Whether threads may ask for things at the same time without a connection of their own."""
        return self._shared is not None

    def size(self, key: str) -> int | None:
        """Return the size of an object as it is now, or None if there is none."""
        found = self.stat(key)
        return None if found is None else found.size

    def stat(self, key: str) -> Stored | None:
        """Return an object's size and age as they are now, or None if there is none."""
        with self._reached(key) as path:
            if self._is_s3:
                head = s3_objects.head(self._fs, path)
                return None if head is None else _stored(key, {**head, "size": head["ContentLength"]})
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

    def sweep(self, *, older_than_s: float, dry_run: bool = False) -> int:
        """Remove what uploads that were cut off so long ago have left below the folder, and return their number."""
        with self._reached("") as path:
            if self._is_s3:
                return s3_uploads.abort_older(self._fs, path, older_than_s=older_than_s, dry_run=dry_run)
            if puts_whole(self._fs):
                return 0
            self._fs.invalidate_cache()
            parts = {each: info for each, info in self._fs.find(path, detail=True).items() if is_part(each)}
            limit = time.time() - older_than_s
            old = [each for each, info in parts.items() if _stored(each, info).modified_s < limit]
            for part in [] if dry_run else old:
                with suppress(FileNotFoundError):
                    self._fs.rm_file(part)
            return len(old)

    def upload(self, source: Path, key: str) -> None:
        """Put a file; the object appears whole."""
        with self._reached(key, puts=True) as path:
            if self._is_s3:
                s3_uploads.put_in_parts(self._fs, source, path)
            else:
                put_file(self._fs, source, path)

    def download(self, key: str, writer: IO[bytes] | Sink) -> str:
        """Copy an object, or what a sink lacks of it, and return its SHA-256. Raises FileNotFoundError."""
        sink = Sink.of(writer)
        with self._reached(key) as path:
            if sink.tag != key:  # what lies under a key never changes: it is the hash of the content
                sink.restart(key)
            return copy_to(sink, self._fs, path)

    def read(self, key: str) -> bytes:
        """Return an object's bytes. Raises FileNotFoundError."""
        with self._reached(key) as path:
            return s3_objects.read(self._fs, path).content if self._is_s3 else bytes(self._fs.cat_file(path))

    def use(self, key: str) -> bytes:
        """Return an object's bytes, and make it as young as this use. Raises FileNotFoundError."""
        content, modified_s = self._read_aged(key)
        if is_stale(modified_s):
            self.write(key, content)
        return content

    def write(self, key: str, content: bytes) -> None:
        """Put or replace a small object."""
        with self._reached(key, puts=True) as path:
            put_bytes(self._fs, content, path)

    def create(self, key: str, content: bytes) -> bool:
        """Put a small object unless there is one, and return whether it was put; of many at once, one is."""
        with self._reached(key, puts=True) as path:
            return exclusive.create(self._fs, content, path)

    def _read_aged(self, key: str) -> tuple[bytes, float]:
        """Return an object's bytes, and when it was last changed. Raises FileNotFoundError."""
        if self._is_s3:
            with self._reached(key) as path:
                piece = s3_objects.read(self._fs, path)
                return piece.content, piece.head["LastModified"].timestamp()
        content, there = self.read(key), self.stat(key)
        return content, time.time() if there is None else there.modified_s

    @contextmanager
    def _reached(self, key: str, *, puts: bool = False) -> Generator[str]:
        path, uri = (f"{base.rstrip('/')}/{key}".rstrip("/") for base in (self._base, self._url))
        try:
            yield path
        except FileNotFoundError as error:
            if s3_uploads.is_aborted(error):
                raise StoreUnreachable(uri=uri, reason="its upload was ended by another") from error
            if puts:
                raise StoreRefused(uri=uri, reason="there is no such bucket or folder") from error
            raise
        except faults() as error:
            if is_disk_full(error):
                raise  # of the local copy
            raise named_fault(error, uri) from error


def copy_to(sink: Sink, fs: Any, path: str, *, etag: str | None = None) -> str:
    """Copy a file, or what a sink lacks of it, and return its SHA-256; of S3 that version which `etag` says.

    Raises FileNotFoundError, StoreUnreachable, and what the driver raises.
    """
    if is_s3(fs):
        return s3_objects.download(fs, path, sink, etag=etag)
    with fs.open(path, "rb") as reader:
        if sink.count:
            reader.seek(sink.count)
        if is_sftp(fs):
            reader.prefetch(max_concurrent_requests=_SFTP_READS)  # else each 32 KiB wait for those before them
        return sink.copy(reader)


def _stored(key: str, info: dict[str, Any]) -> Stored:
    modified = modified_of(info)
    moment = modified.timestamp() if isinstance(modified, datetime) else modified
    return Stored(key=key, size=int(info["size"]), modified_s=time.time() if moment is None else float(moment))


def tag_of(info: dict[str, Any]) -> str | None:
    """Return what changes when a file does, or None if its file system tells nothing."""
    if tag := info.get("ETag") or info.get("etag") or info.get("generation"):
        return f"etag {tag}"
    modified = modified_of(info)
    return None if modified is None else f"modified {modified} size {info['size']}"
