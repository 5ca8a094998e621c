"""What an address of storage means: an fsspec URL, a local path, or store://NAME/path below a saved object store."""

import posixpath
from functools import lru_cache
from pathlib import Path
from threading import local
from typing import Any
from urllib.parse import urlsplit

import fsspec
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from pydantic import ValidationError

from blocks.filesystems import OF_ONE_THREAD, is_s3
from blocks.object_store import S3_OPTIONS, S3_TRIES, ObjectStore
from engines.errors import DriverMissing, StoreRefused, StoreUnknown
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
_own = local()


def open_place(address: str) -> tuple[Any, str]:
    """Return the fsspec file system behind an address, and the path in it.

    Raises StoreUnknown, StoreRefused, DriverMissing, and the faults of a driver that connects at once.
    """
    if not address.startswith(STORE):
        return _open_url(address)
    name, path = _split(address)
    block = _block(name)
    fs = _thread_fs(name) if block.protocol in OF_ONE_THREAD else _shared_fs(name)
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


def proves_links(address: str) -> bool:
    """Return whether share links to what lies there are proved. Raises StoreUnknown, StoreRefused."""
    return not address.startswith(STORE) or _block(_split(address)[0]).prove_links


def service_of(address: str) -> str | None:
    """Return the outside service behind an address, as a circuit breaker knows it, or None for this machine's files."""
    return f"storage {urlsplit(address).netloc}" if "://" in address and local_folder(address) is None else None


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
