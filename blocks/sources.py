"""Where a source's bytes come from: each kind of address knows its version and how to hand over its content."""

import errno
import hashlib
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from blocks.places import STORE, faults, local_folder, named_fault, open_place, service_of
from blocks.remote import copy_to, tag_of
from blocks.settings import Settings
from blocks.sinks import Sink
from blocks.web import WebFile
from engines.errors import (
    DownloadFailed,
    SourceNotFound,
    SourceRefused,
    SourceTooLarge,
    StoreRefused,
    StoreUnknown,
    StoreUnreachable,
)

ASSETS_DIR = Path(__file__).resolve().parent.parent / "assets"
_ASSET = "assets:"
S3 = "s3://"


class RemoteOrLocalFile(Protocol):
    """A file somewhere."""

    @property
    def uri(self) -> str:
        """The address, absolute, as people may see it."""

    @property
    def service(self) -> str | None:
        """The outside service that serves it, as a circuit breaker knows it, or None."""

    @property
    def key(self) -> str:
        """What it is known by where addresses must not be told: 64 hexadecimal digits."""

    def version(self) -> str | None:
        """Return what changes when the content does, or None if nothing tells. Raises what `download` raises."""

    def download(self, writer: IO[bytes] | Sink) -> str:
        """Write the content, or to a sink what it lacks of it, and return the SHA-256 of the whole.

        Raises SourceNotFound, SourceRefused, SourceTooLarge, DownloadFailed.
        """


def locate(address: str, settings: Settings) -> RemoteOrLocalFile:
    """Return the file that an address names: a path, https://…, s3://…, store://NAME/… or assets:NAME.

    Raises SourceNotFound, SourceRefused.
    """
    if address.startswith(("http://", "https://")):
        return WebFile(address, settings)
    if address.startswith((S3, STORE)):
        return stored_file(address, settings)
    if address.startswith(_ASSET):
        return _asset(address, settings)
    path = _allowed_path(address, settings)
    return LocalFile(path, str(path), settings, resolved=True)


def stored_file(uri: str, settings: Settings) -> RemoteOrLocalFile:
    """Return the file at an address of storage, which may be a folder of this machine. Raises SourceRefused."""
    if not uri.startswith(STORE):
        return ObjectFile(uri, settings)
    check_place(uri, settings)
    with source_faults_named(uri):
        path, root = local_folder(uri), local_folder(STORE + uri.removeprefix(STORE).partition("/")[0])
    if path is None or root is None:
        return ObjectFile(uri, settings)
    if not path.resolve().is_relative_to(root.resolve()):
        raise SourceRefused(source=uri, reason="leads out of the store")
    return LocalFile(path, uri, settings)


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
            _check_size(status.st_size, self.uri, self.settings)
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


@dataclass(frozen=True)
class ObjectFile:
    """A file of an object store, or of any storage that has a URL, read with the keys of this installation."""

    uri: str
    settings: Settings

    @property
    def service(self) -> str | None:
        """The bucket or server."""
        return service_of(self.uri)

    def version(self) -> str | None:
        """Return the entity tag, or time of change and size.

        Raises SourceNotFound, SourceRefused, DownloadFailed.
        """
        with self._reached() as (fs, path):
            return tag_of(self._info(fs, path))

    @property
    def key(self) -> str:
        """The hash of the address."""
        return hashlib.sha256(self.uri.encode()).hexdigest()

    def download(self, writer: IO[bytes] | Sink) -> str:
        """Copy the object, or what a sink lacks of it.

        Raises SourceNotFound, SourceRefused, SourceTooLarge, DownloadFailed.
        """
        sink = Sink.of(writer)
        with self._reached() as (fs, path):
            info = self._info(fs, path)
            size, sink.version = int(info["size"]), tag_of(info)
            _check_size(size, self.uri, self.settings)
            if sink.tag is None or sink.tag != sink.version or sink.count > size:
                sink.restart(sink.version)
            copy_to(sink, fs, path, etag=info.get("ETag"))
        if sink.count != size:
            raise DownloadFailed(source=self.uri, reason=f"{sink.count} of {size} bytes came")
        return sink.sha256

    def _info(self, fs: Any, path: str) -> dict[str, Any]:
        fs.invalidate_cache()
        found: dict[str, Any] = fs.info(path)
        if found.get("type") != "file":
            raise SourceNotFound(source=self.uri)
        return found

    @contextmanager
    def _reached(self) -> Generator[tuple[Any, str]]:
        check_place(self.uri, self.settings)
        with source_faults_named(self.uri):
            yield open_place(self.uri)


def of_operator(settings: Settings) -> Settings:
    """Return settings for files that the operator chose, not a sender."""
    return settings.model_copy(update={"allowed_buckets": None, "allowed_stores": None})


def check_place(uri: str, settings: Settings) -> None:
    """Raise SourceRefused for a file outside the buckets and object stores that this installation reads from."""
    name, _, path = uri.partition("://")[2].partition("/")
    if {".", ".."} & {name, *path.split("/")}:  # a request's address would lead to another bucket by them
        raise SourceRefused(source=uri, reason="`.` and `..` are no parts of an object's name")
    allowed = settings.allowed_stores if uri.startswith(STORE) else settings.allowed_buckets
    if allowed is not None and name not in allowed:
        raise SourceRefused(source=uri, reason="this installation does not read that bucket or store")


@contextmanager
def source_faults_named(uri: str) -> Generator[None]:
    """Give what storage raises inside the block the name that it has for a source."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceNotFound(source=uri) from error
    except StoreUnreachable as error:
        raise DownloadFailed(source=uri, reason=error.reason) from error
    except (StoreUnknown, StoreRefused) as error:
        raise SourceRefused(source=uri, reason=str(error)) from error
    except faults() as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise  # of the copy
        named = named_fault(error, uri)
        if isinstance(named, StoreRefused):
            raise SourceRefused(source=uri, reason=named.reason) from error
        raise DownloadFailed(source=uri, reason=named.reason) from error


def _check_size(size: int, uri: str, settings: Settings) -> None:
    if size > settings.max_source_bytes:
        raise SourceTooLarge(source=uri, limit=f"{settings.max_source_bytes} bytes, it has {size}")


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether what was opened lies at a path, as far as the system tells (Linux)."""
    try:
        opened = str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        return True
    return opened.removesuffix(" (deleted)") == str(path).removesuffix(" (deleted)")


def _allowed_path(address: str, settings: Settings) -> Path:
    try:
        path = Path(address).expanduser().resolve()
    except (RuntimeError, ValueError, OSError) as error:  # no such user, a NUL byte, a loop of links
        raise SourceRefused(source=address, reason=str(error)) from error
    roots = settings.allowed_roots
    if roots is not None:
        roots = (*roots, settings.music, settings.brands_dir)
    if roots is not None and not any(path.is_relative_to(root.expanduser().resolve()) for root in roots):
        raise SourceRefused(source=address, reason="outside the folders that this installation reads from")
    return path


def _asset(address: str, settings: Settings) -> RemoteOrLocalFile:
    """Return an asset, named with or without its suffix: the project's own, one that comes along, or the library's."""
    name = address.removeprefix(_ASSET)
    for root in (settings.assets.expanduser().resolve(), ASSETS_DIR):
        if path := _asset_path(root, name, address):
            return LocalFile(path, address, settings, resolved=True)
    if library := settings.assets_library:
        return _library_asset(library, name, address, settings)
    raise SourceNotFound(source=address)


def _library_asset(library: str, name: str, address: str, settings: Settings) -> RemoteOrLocalFile:
    place = f"{library.rstrip('/')}/{name}"
    with source_faults_named(address):
        if root := local_folder(library):
            if own := _asset_path(root.resolve(), name, address):
                return LocalFile(own, address, settings)
            raise SourceNotFound(source=address)
        if ".." in PurePosixPath(name).parts:
            raise SourceRefused(source=address, reason="outside the assets")
        fs, path = open_place(place)
        fs.invalidate_cache()
        if not fs.isfile(path):
            beside = sorted(fs.ls(path.rpartition("/")[0], detail=False))
            suffix = next((each.suffix for each in map(PurePosixPath, beside) if each.stem == _last(path)), None)
            if suffix is None:
                raise SourceNotFound(source=address)
            place += suffix
    return ObjectFile(place, of_operator(settings))


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _asset_path(root: Path, name: str, address: str) -> Path | None:
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise SourceRefused(source=address, reason="outside the assets")
    if path.is_file():
        return path
    alike = sorted(other for other in path.parent.glob("*") if other.stem == path.name and other.is_file())
    return next((other for other in alike if other.resolve().is_relative_to(root)), None)
