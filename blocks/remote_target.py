"""A folder behind a URL that finished files are published to."""

import hashlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from blocks import s3_uploads
from engines.errors import DestinationRefused, StoreUnreachable, UploadDamaged
from models.destination import Labels

_READ_BYTES = 8 << 20
_FAULTS = (BotoCoreError, ClientError, OSError)
_NO_ACCESS = (PermissionError, NoCredentialsError, PartialCredentialsError, ParamValidationError)


class RemoteTarget:
    """Files appear whole, since object stores put whole objects, and are read back before they count as published."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._fs, base = open_files(self._url)
        self._base = base.rstrip("/")
        self._is_s3 = "s3" in self._fs.protocol

    def put(self, source: Path, name: str, labels: Labels) -> None:
        """Upload a file, unless it is there already. Raises DestinationRefused, StoreUnreachable, UploadDamaged."""
        with self.reached(name) as key:
            if self._is_s3:
                if s3_uploads.is_there(self._fs, key, labels, size=source.stat().st_size):
                    return
                s3_uploads.upload(self._fs, source, key, labels)
            else:
                self._fs.put_file(str(source), key)
            self._verify(key, labels.sha256, size=source.stat().st_size)

    def read(self, name: str) -> bytes:
        """Return the bytes of a small file. Raises FileNotFoundError, DestinationRefused, StoreUnreachable."""
        with self.reached(name) as key:
            try:
                return bytes(self._fs.cat_file(key))
            except FileNotFoundError as error:
                missing = error
        raise missing

    def write(self, name: str, content: bytes, media_type: str) -> None:
        """Write or replace a small file in one step. Raises DestinationRefused, StoreUnreachable."""
        options = {"ContentType": media_type, "CacheControl": "no-cache"} if self._is_s3 else {}
        with self.reached(name) as key:
            self._fs.pipe_file(key, content, **options)

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file unless there is one, and return whether it did; on S3, of many at once, one does."""
        with self.reached(name) as key:
            try:
                self._fs.pipe_file(key, content, mode="create")
            except FileExistsError:
                return False
        return True

    def names(self) -> frozenset[str]:
        """Return the names of the files that are there. Raises DestinationRefused, StoreUnreachable."""
        with self.reached("") as folder:
            try:
                found = self._fs.ls(folder, detail=False, refresh=True) if self._is_s3 else self._fs.ls(folder, False)
            except FileNotFoundError:
                return frozenset()
        return frozenset(path.rstrip("/").rpartition("/")[2] for path in found)

    def tidy(self, names: Iterable[str]) -> None:
        """Remove what uploads of these files that were cut off have left. Raises StoreUnreachable."""
        if self._is_s3:
            with self.reached("") as folder:
                s3_uploads.abort_unfinished(self._fs, folder, {f"{self._base}/{name}" for name in names})

    @contextmanager
    def reached(self, name: str) -> Generator[str]:
        """Yield the path of a file; give the faults inside the block our names."""
        uri = f"{self._url}/{name}".rstrip("/")
        self._fs.invalidate_cache()
        try:
            yield f"{self._base}/{name}".rstrip("/")
        except _NO_ACCESS as error:
            raise DestinationRefused(uri=uri, reason=str(error)) from error
        except _FAULTS as error:
            if s3_uploads.is_lasting(error):
                raise DestinationRefused(uri=uri, reason=str(error)) from error
            raise StoreUnreachable(uri=uri, reason=str(error), **s3_uploads.retry_after(error)) from error

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


def open_files(url: str) -> tuple[Any, str]:
    """Return the file system behind a URL, and the path on it."""
    is_s3 = url.startswith("s3://")
    fs, path = fsspec.core.url_to_fs(url, **(s3_uploads.OPTIONS if is_s3 else {}))
    if is_s3:
        fs.retries = s3_uploads.TRIES
    return fs, path
