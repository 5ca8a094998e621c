"""A folder behind a URL that finished files are published to."""

import os
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol, cast

from blocks import gcs_uploads, s3_objects, s3_uploads
from blocks.driver_faults import faults, named_fault
from blocks.filesystems import is_gcs, is_part, is_s3, put_file, puts_whole
from blocks.links import expiry
from blocks.places import open_place
from blocks.remote import RemoteFolder, copy_to
from blocks.sinks import Sink
from engines.errors import StoreRefused, StoreUnreachable, UploadDamaged
from models.destination import Labels

_ABANDONED_AFTER_S = 3600.0


class Labelled(Protocol):
    """What a kind of storage does that keeps type, caching and labels of a file beside it."""

    def upload(self, fs: object, source: Path, key: str, labels: Labels) -> None:
        """Upload a file."""

    def write(self, fs: object, content: bytes, key: str, media_type: str) -> None:
        """Put or replace a small file."""

    def is_there(self, fs: object, key: str, labels: Labels, *, size: int) -> bool:
        """Return whether the file is there with these labels."""


class RemoteTarget:
    """Files appear whole, since object stores put whole objects, and are read back before they count as published."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._small = RemoteFolder(self._url)
        self._fs, base = open_place(self._url)
        self._base = base.rstrip("/")
        self._is_s3 = is_s3(self._fs)
        kind = s3_uploads if self._is_s3 else gcs_uploads if is_gcs(self._fs) else None
        self._labelled = cast(Labelled | None, kind)

    def put(self, source: Path, name: str, labels: Labels) -> None:
        """Upload a file and read it back. Raises StoreRefused, StoreUnreachable, UploadDamaged."""
        with self._reached(name) as key:
            if self._labelled:
                self._labelled.upload(self._fs, source, key, labels)
            else:
                put_file(self._fs, source, key)
            self._verify(key, labels, size=source.stat().st_size)

    def holds(self, source: Path, name: str, labels: Labels) -> bool:
        """Return whether a file is there as `put` would put it; where nothing tells its content, it never is.

        Raises StoreRefused, StoreUnreachable.
        """
        with self._reached(name) as key:
            size = source.stat().st_size
            return self._labelled is not None and self._labelled.is_there(self._fs, key, labels, size=size)

    def keeps(self, source: Path, name: str, labels: Labels) -> bool:
        """Return whether a file that was put is still there, by its labels or at least its size.

        Raises StoreRefused, StoreUnreachable.
        """
        if self._labelled:
            return self.holds(source, name, labels)
        return self.size(name) == source.stat().st_size

    def read(self, name: str) -> bytes:
        """Return the bytes of a small file. Raises FileNotFoundError, StoreRefused, StoreUnreachable."""
        return self._small.read(name)

    def write(self, name: str, content: bytes, media_type: str) -> None:
        """Write or replace a small file in one step. Raises StoreRefused, StoreUnreachable."""
        if self._labelled is None:
            self._small.write(name, content)
            return
        with self._reached(name) as key:
            self._labelled.write(self._fs, content, key, media_type)

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file unless there is one, and return whether it did; of many at once, one does."""
        return self._small.create(name, content)

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None if there is none. Raises StoreRefused, StoreUnreachable."""
        return self._small.size(name)

    def link(self, name: str, *, lifetime_s: int) -> tuple[str, datetime | None]:
        """Return an address that opens a file without keys, and until when; else where it lies, for those with keys."""
        asked = {"version": "v4"} if is_gcs(self._fs) else {}  # S3 was asked for it when it was opened
        with self._reached(name) as key:
            try:
                return str(self._fs.sign(key, expiration=lifetime_s, **asked)), expiry(lifetime_s)
            except NotImplementedError:
                return f"{self._url}/{name}", None

    def names(self) -> frozenset[str]:
        """Return the names of the files that are there. Raises StoreRefused, StoreUnreachable."""
        with self._reached("") as folder:
            try:
                if self._is_s3:
                    return s3_objects.names(self._fs, folder)
                found = self._fs.ls(folder, detail=False)
            except FileNotFoundError:
                return frozenset()
        return frozenset(path.rstrip("/").rpartition("/")[2] for path in found)

    def tidy(self, names: Iterable[str]) -> None:
        """Remove what uploads of these files that were cut off have left. Raises StoreUnreachable.

        Where files get their names by renaming, a temporary one is left to its process for an hour.
        """
        with self._reached("") as folder:
            if self._is_s3:
                s3_uploads.abort_unfinished(self._fs, folder, {f"{self._base}/{name}" for name in names})
            elif not puts_whole(self._fs):
                wanted = tuple(f"{name}." for name in names)
                for part in (name for name in self.names() if is_part(name) and name.startswith(wanted)):
                    found = self._small.stat(part)
                    if found is not None and time.time() - found.modified_s > _ABANDONED_AFTER_S:
                        self._small.remove(part)

    @contextmanager
    def _reached(self, name: str) -> Generator[str]:
        """Yield the path of a file; give the faults inside the block our names."""
        uri = f"{self._url}/{name}".rstrip("/")
        self._fs.invalidate_cache()
        try:
            yield f"{self._base}/{name}".rstrip("/")
        except faults() as error:
            if s3_uploads.is_lasting(error):
                raise StoreRefused(uri=uri, reason=str(error)) from error
            if told := s3_uploads.retry_after(error):
                raise StoreUnreachable(uri=uri, reason=str(error), **told) from error
            raise named_fault(error, uri) from error

    def _verify(self, key: str, labels: Labels, *, size: int) -> None:
        """Read a file back; what is not as it was sent does not stay, unless it is another's. Raises UploadDamaged."""
        self._fs.invalidate_cache()
        with Path(os.devnull).open("wb") as nowhere:
            sink = Sink(nowhere)
            digest = copy_to(sink, self._fs, key)
        if (sink.count, digest) == (size, labels.sha256):
            return
        if self._labelled is None or self._labelled.is_there(self._fs, key, labels, size=sink.count):
            with suppress(FileNotFoundError):
                self._fs.rm_file(key)
        raise UploadDamaged(uri=key, reason=f"read back, it is not what was sent ({sink.count} of {size} bytes)")
