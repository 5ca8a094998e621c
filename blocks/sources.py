"""Where a source's bytes come from: each kind of address knows its version and how to hand over its content."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import fsspec
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError  # type: ignore[import-untyped]

from blocks.remote import copy_hashed
from blocks.settings import Settings
from blocks.web import WebFile
from engines.errors import DownloadFailed, SourceNotFound, SourceRefused, SourceTooLarge

ASSETS_DIR = Path(__file__).resolve().parent.parent / "assets"
_ASSET = "assets:"


class RemoteOrLocalFile(Protocol):
    """A file somewhere."""

    @property
    def uri(self) -> str:
        """The address, absolute, as people may see it."""

    @property
    def service(self) -> str | None:
        """The outside service that serves it, as a circuit breaker knows it, or None."""

    def version(self) -> str | None:
        """Return what changes when the content does, or None if nothing tells. Raises what `download` raises."""

    def download(self, writer: IO[bytes]) -> str:
        """Write the content and return its SHA-256.

        Raises SourceNotFound, SourceRefused, SourceTooLarge, DownloadFailed.
        """


def locate(address: str, settings: Settings) -> RemoteOrLocalFile:
    """Return the file that an address names: a path, https://…, s3://… or assets:NAME.

    Raises SourceNotFound, SourceRefused.
    """
    if address.startswith(("http://", "https://")):
        return WebFile(address, settings)
    if address.startswith("s3://"):
        return S3File(address, settings)
    if address.startswith(_ASSET):
        return LocalFile(_asset_path(address), address, settings)
    path = _allowed_path(address, settings)
    return LocalFile(path, str(path), settings)


@dataclass(frozen=True)
class LocalFile:
    """A regular file of this machine."""

    path: Path
    uri: str
    settings: Settings

    @property
    def service(self) -> None:
        """None: a file of this machine."""

    def version(self) -> str:
        """Return the file's identity, size and time of change. Raises SourceNotFound, SourceRefused."""
        with self._opened() as reader:
            status = os.fstat(reader.fileno())
        return f"{self.path} {status.st_ino} {status.st_size} {status.st_mtime_ns}"

    def download(self, writer: IO[bytes]) -> str:
        """Copy the file. Raises SourceNotFound, SourceRefused, SourceTooLarge."""
        with self._opened() as reader:
            _check_size(os.fstat(reader.fileno()).st_size, self.uri, self.settings)
            return copy_hashed(reader, writer)

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
        return os.fdopen(descriptor, "rb")


@dataclass(frozen=True)
class S3File:
    """An object in a bucket, read with the credentials of this installation."""

    uri: str
    settings: Settings

    @property
    def service(self) -> str:
        """The bucket."""
        return f"storage {self.uri.removeprefix('s3://').partition('/')[0]}"

    def version(self) -> str | None:
        """Return the entity tag. Raises SourceNotFound, SourceRefused, DownloadFailed."""
        tag = self._info().get("ETag")
        return f"etag {tag}" if tag else None

    def download(self, writer: IO[bytes]) -> str:
        """Copy the object. Raises SourceNotFound, SourceRefused, SourceTooLarge, DownloadFailed."""
        _check_size(int(self._info()["size"]), self.uri, self.settings)
        try:
            with self._files().open(self.uri, "rb") as reader:
                return copy_hashed(reader, writer)
        except (BotoCoreError, ClientError, OSError) as error:
            raise named_s3_error(error, self.uri) from error

    def _info(self) -> dict[str, Any]:
        check_bucket(self.uri, self.settings)
        try:
            found: dict[str, Any] = self._files().info(self.uri, refresh=True)
        except (BotoCoreError, ClientError, OSError) as error:
            raise named_s3_error(error, self.uri) from error
        if found.get("type") != "file":
            raise SourceNotFound(source=self.uri)
        return found

    def _files(self) -> Any:
        return fsspec.filesystem("s3")


def check_bucket(uri: str, settings: Settings) -> None:
    """Raise SourceRefused for an object outside the buckets that this installation reads from."""
    bucket = uri.removeprefix("s3://").partition("/")[0]
    if settings.allowed_buckets is not None and bucket not in settings.allowed_buckets:
        raise SourceRefused(source=uri, reason="this installation does not read that bucket")


def named_s3_error(error: Exception, uri: str) -> Exception:
    """Return the failure of ours that an error of the S3 client means."""
    if isinstance(error, FileNotFoundError):
        return SourceNotFound(source=uri)
    if isinstance(error, PermissionError | NoCredentialsError):
        return SourceRefused(source=uri, reason=f"no access: {error}")
    return DownloadFailed(source=uri, reason=str(error))


def _check_size(size: int, uri: str, settings: Settings) -> None:
    if size > settings.max_source_bytes:
        raise SourceTooLarge(source=uri, limit=f"{settings.max_source_bytes} bytes, it has {size}")


def _allowed_path(address: str, settings: Settings) -> Path:
    try:
        path = Path(address).expanduser().resolve()
    except (RuntimeError, ValueError, OSError) as error:  # no such user, a NUL byte, a loop of links
        raise SourceRefused(source=address, reason=str(error)) from error
    roots = settings.allowed_roots
    if roots is not None:
        roots = (*roots, settings.music)
    if roots is not None and not any(path.is_relative_to(root.expanduser().resolve()) for root in roots):
        raise SourceRefused(source=address, reason="outside the folders that this installation reads from")
    return path


def _asset_path(address: str) -> Path:
    """Return the file of an asset, named with or without its suffix, such as assets:music/ambient."""
    path = (ASSETS_DIR / address.removeprefix(_ASSET)).resolve()
    if not path.is_relative_to(ASSETS_DIR):
        raise SourceRefused(source=address, reason="outside the assets")
    if path.is_file():
        return path
    alike = sorted(other for other in path.parent.glob("*") if other.stem == path.name and other.is_file())
    if not alike:
        raise SourceNotFound(source=address)
    return alike[0]
