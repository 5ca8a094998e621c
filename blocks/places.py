"""What an address of storage means: an fsspec URL, a local path, or store://NAME/path below a saved object store."""

import posixpath
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from threading import local
from typing import Any
from urllib.parse import urlsplit

import fsspec
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from pydantic import ValidationError

from blocks.object_store import S3_OPTIONS, S3_TRIES, ObjectStore
from engines.errors import DriverMissing, NeuroShortsError, StoreRefused, StoreUnknown, StoreUnreachable
from models.storage import StorageKind

STORE = "store://"
_DRIVERS = {
    "gcs": ("Google Cloud Storage", "gcs"),
    "gs": ("Google Cloud Storage", "gcs"),
    "gdrive": ("Google Drive", "gdrive"),
    "webdav": ("WebDAV", "webdav"),
    "dav": ("WebDAV", "webdav"),
    "sftp": ("SFTP", "sftp"),
    "ssh": ("SFTP", "sftp"),
}
_MODIFIED = ("LastModified", "mtime", "modified", "modifiedTime", "updated", "created")
_OF_ONE_THREAD = frozenset({"gdrive", "sftp"})
_PUT_WHOLE = frozenset({"s3", "gcs", "gdrive", "memory"})
# Where each driver that may be loaded keeps the roots of its errors; OSError is not all of them.
_FAULTS = {
    "botocore.exceptions": ("BotoCoreError", "ClientError"),
    "aiohttp": ("ClientError",),
    "gcsfs.retry": ("HttpError", "ChecksumError", "NonRetryableError"),
    "google.auth.exceptions": ("GoogleAuthError",),
    "googleapiclient.errors": ("Error",),
    "httplib2": ("HttpLib2Error",),
    "httpx": ("HTTPError", "StreamError"),
    "webdav4.client": ("ClientError",),
    "webdav4.multistatus": ("MultiStatusResponseError",),
    "paramiko": ("SSHException",),
    "builtins": ("EOFError",),  # what paramiko raises when it writes to a connection that has just been lost
}
_NO_ACCESS = frozenset({401, 403})
_KEYS_REFUSED = frozenset(
    {
        *("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "RefreshError"),
        *("ForbiddenOperation", "AuthenticationException", "BadHostKeyException"),
    }
)
_own = local()


def open_place(address: str) -> tuple[Any, str]:
    """Return the fsspec file system behind an address, and the path in it.

    Raises StoreUnknown, StoreRefused, DriverMissing, and the faults of a driver that connects at once.
    """
    if not address.startswith(STORE):
        return _open_url(address)
    name, path = _split(address)
    block = _block(name)
    fs = _thread_fs(name) if block.protocol in _OF_ONE_THREAD else _shared_fs(name)
    return fs, posixpath.join(block.folder, path) if path else block.folder


def protocol_of(address: str) -> str:
    """Return what fsspec calls the kind of storage behind an address. Raises StoreUnknown, StoreRefused."""
    if not address.startswith(STORE):
        return urlsplit(address).scheme if "://" in address else "file"
    return _block(_split(address)[0]).protocol


def local_folder(address: str) -> Path | None:
    """Return the path that an address of this machine's own files means, or None for any other.

    Raises StoreUnknown, StoreRefused.
    """
    if address.startswith(STORE):
        name, path = _split(address)
        block = _block(name)
        return Path(block.folder).expanduser().absolute() / path if block.kind is StorageKind.LOCAL else None
    if "://" in address and not address.startswith("file://"):
        return None
    return Path(address.removeprefix("file://")).expanduser().absolute()


def service_of(address: str) -> str | None:
    """Return the outside service behind an address, as a circuit breaker knows it, or None for this machine's files."""
    return f"storage {urlsplit(address).netloc}" if "://" in address and local_folder(address) is None else None


def is_shared_by_threads(fs: Any) -> bool:
    """Return whether threads may use a file system at the same time."""
    return _OF_ONE_THREAD.isdisjoint(_protocols(fs))


def is_s3(fs: Any) -> bool:
    """Return whether a file system is one of S3."""
    return "s3" in _protocols(fs)


def is_gcs(fs: Any) -> bool:
    """Return whether a file system is one of Google Cloud Storage."""
    return "gcs" in _protocols(fs)


def is_sftp(fs: Any) -> bool:
    """Return whether a file system is one of SFTP."""
    return "sftp" in _protocols(fs)


def put_file(fs: Any, source: Path, path: str) -> None:
    """Put a file so that it appears under its name only once it is whole."""
    if puts_whole(fs):
        fs.put_file(str(source), path)
        return
    with _named_when_whole(fs, path) as part:
        fs.put_file(str(source), part)


def put_bytes(fs: Any, content: bytes, path: str) -> None:
    """Put or replace a small file so that it appears under its name only once it is whole."""
    if puts_whole(fs):
        fs.pipe_file(path, content)
        return
    with _named_when_whole(fs, path) as part:
        fs.pipe_file(part, content)


def puts_whole(fs: Any) -> bool:
    """Return whether nobody sees a file of this file system before all of it is there."""
    return not _PUT_WHOLE.isdisjoint(_protocols(fs))


def is_part(path: str) -> bool:
    """Return whether a name is that of a file on its way."""
    return PurePosixPath(path).suffix == ".part"


def modified_of(info: dict[str, Any]) -> Any:
    """Return what file systems call the time of the last change by different names, or None."""
    found = next((info[name] for name in _MODIFIED if info.get(name)), None)
    return datetime.fromisoformat(found) if isinstance(found, str) else found


def faults() -> tuple[type[Exception], ...]:
    """Return the roots of the errors that the loaded drivers raise."""
    loaded = ((sys.modules.get(module), names) for module, names in _FAULTS.items())
    return (OSError, *(getattr(module, name) for module, names in loaded if module for name in names))


def named_fault(error: Exception, uri: str) -> NeuroShortsError:
    """Return the failure of ours that a driver's error means: one that no waiting mends, or one that may pass."""
    status = getattr(error, "code", None) or getattr(error, "status_code", None)
    if isinstance(error, PermissionError) or status in _NO_ACCESS or type(error).__name__ in _KEYS_REFUSED:
        return StoreRefused(uri=uri, reason=f"no access: {error}")
    return StoreUnreachable(uri=uri, reason=str(error) or type(error).__name__)


def _open_url(address: str) -> tuple[Any, str]:
    protocol = urlsplit(address).scheme
    try:
        fs, path = fsspec.core.url_to_fs(address, **(S3_OPTIONS if protocol == "s3" else {}))
    except ImportError:
        raise _driver_missing(protocol) from None
    except (ValueError, TypeError) as error:  # a scheme that nobody knows, or one whose server no URL can name
        raise StoreRefused(uri=address, reason=str(error)) from error
    return _hasty(fs), path


def _split(address: str) -> tuple[str, str]:
    """Return the block's name and the path below it."""
    name, _, path = address.removeprefix(STORE).partition("/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not name or ".." in parts or any(ord(character) < 0x20 for character in path):
        raise StoreRefused(uri=address, reason="should be store://NAME/path, and not lead out of the store")
    return name, "/".join(parts)


@lru_cache(maxsize=64)
def _block(name: str) -> ObjectStore:
    """Return a saved block, asked for once per process, which is one run."""
    with get_client(sync_client=True) as client:
        try:
            document = client.read_block_document_by_name(name, ObjectStore.get_block_type_slug())
        except ObjectNotFound:
            raise StoreUnknown(name=name) from None
    try:
        return ObjectStore(**document.data)
    except ValidationError as error:
        reasons = "; ".join(str(each["msg"]) for each in error.errors(include_url=False, include_input=False))
        raise StoreRefused(uri=STORE + name, reason=reasons) from None


@lru_cache(maxsize=64)
def _shared_fs(name: str) -> Any:
    return _connect(_block(name))


def _thread_fs(name: str) -> Any:
    opened: dict[str, Any] = _own.__dict__.setdefault("opened", {})
    if name not in opened or not getattr(opened[name], "is_open", True):
        opened[name] = _connect(_block(name))
    return opened[name]


def _connect(block: ObjectStore) -> Any:
    """Return a new file system. Raises DriverMissing."""
    try:
        if block.kind is StorageKind.SFTP:
            from blocks.sftp import SftpFolder

            return SftpFolder(**block.options())
        if block.kind is StorageKind.GCS:  # by the JSON API: what fsspec would choose asks gRPC first, also elsewhere
            from gcsfs.core import GCSFileSystem

            return GCSFileSystem(skip_instance_cache=True, **block.options())
        return _hasty(fsspec.filesystem(block.protocol, skip_instance_cache=True, **block.options()))
    except ImportError:
        raise _driver_missing(block.protocol) from None


def _hasty(fs: Any) -> Any:
    """Return a file system that gives up soon enough for steps, which are tried again, and for circuits to open."""
    if is_s3(fs):
        fs.retries = S3_TRIES
    return fs


def _driver_missing(protocol: str) -> DriverMissing:
    what, extra = _DRIVERS.get(protocol, (f"{protocol}://", protocol))
    return DriverMissing(what=what, extra=extra)


def _protocols(fs: Any) -> frozenset[str]:
    return frozenset((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)


def _rename(fs: Any, part: str, path: str) -> None:
    if "webdav" in _protocols(fs):
        fs.client.move(part, path, overwrite=True)  # the driver's own way copies and deletes
    else:
        fs.mv(part, path)


@contextmanager
def _named_when_whole(fs: Any, path: str) -> Generator[str]:
    """Yield a temporary name beside a path, which becomes the path; of what fails nothing stays that can be removed."""
    part = f"{path}.{uuid.uuid4().hex[:12]}.part"
    fs.makedirs(posixpath.dirname(path), exist_ok=True)
    try:
        yield part
        _rename(fs, part, path)
    except BaseException:
        with suppress(*faults()):
            fs.rm_file(part)
        raise
