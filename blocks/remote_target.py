"""A folder behind a URL that finished files are published to."""

import hashlib
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from blocks import s3_uploads
from blocks.links import expiry
from blocks.places import faults, is_part, named_fault, open_place, put_file, puts_whole
from blocks.remote import RemoteFolder
from engines.errors import StoreRefused, StoreUnreachable, UploadDamaged
from models.destination import Labels

_READ_BYTES = 8 << 20
_ABANDONED_AFTER_S = 3600.0


class RemoteTarget:
    """Files appear whole, since object stores put whole objects, and are read back before they count as published."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._small = RemoteFolder(self._url)
        self._fs, base = open_place(self._url)
        self._base = base.rstrip("/")
        self._is_s3 = "s3" in self._fs.protocol

    def put(self, source: Path, name: str, labels: Labels) -> None:
        """Upload a file, unless it is there already. Raises StoreRefused, StoreUnreachable, UploadDamaged."""
        with self._reached(name) as key:
            if self._is_s3:
                if s3_uploads.is_there(self._fs, key, labels, size=source.stat().st_size):
                    return
                s3_uploads.upload(self._fs, source, key, labels)
            else:
                put_file(self._fs, source, key)
            self._verify(key, labels.sha256, size=source.stat().st_size)

    def read(self, name: str) -> bytes:
        """Return the bytes of a small file. Raises FileNotFoundError, StoreRefused, StoreUnreachable."""
        return self._small.read(name)

    def write(self, name: str, content: bytes, media_type: str) -> None:
        """Write or replace a small file in one step. Raises StoreRefused, StoreUnreachable."""
        if not self._is_s3:
            self._small.write(name, content)
            return
        with self._reached(name) as key:
            self._fs.pipe_file(key, content, ContentType=media_type, CacheControl="no-cache")

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file unless there is one, and return whether it did; one of many does on S3 and GCS."""
        return self._small.create(name, content)

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None if there is none. Raises StoreRefused, StoreUnreachable."""
        return self._small.size(name)

    def link(self, name: str, *, lifetime_s: int) -> tuple[str, datetime | None]:
        """Return an address that opens a file without keys, and until when; else where it lies, for those with keys."""
        with self._reached(name) as key:
            try:
                return str(self._fs.sign(key, expiration=lifetime_s)), expiry(lifetime_s)
            except NotImplementedError:
                return f"{self._url}/{name}", None

    def names(self) -> frozenset[str]:
        """Return the names of the files that are there. Raises StoreRefused, StoreUnreachable."""
        with self._reached("") as folder:
            try:
                found = self._fs.ls(folder, detail=False, refresh=True) if self._is_s3 else self._fs.ls(folder, False)
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

    def _verify(self, key: str, sha256: str, *, size: int) -> None:
        """Read a file back; what is not as it was sent does not stay. Raises UploadDamaged."""
        self._fs.invalidate_cache()
        there = int(self._fs.info(key)["size"])
        digest = hashlib.sha256()
        for start in range(0, there, _READ_BYTES):
            digest.update(self._fs.cat_file(key, start=start, end=min(start + _READ_BYTES, there)))
        if there != size or digest.hexdigest() != sha256:
            with suppress(FileNotFoundError):
                self._fs.rm_file(key)
            raise UploadDamaged(uri=key, reason=f"read back, it is not what was sent ({there} of {size} bytes)")
