"""Where finished files go: a folder, or any fsspec URL."""

import os
import shutil
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from engines.errors import StoreUnreachable
from models.report import PublishedFile

LINK_LIFETIME_S = 7 * 24 * 3600


def publish_file(source: Path, *, sha256: str, folder: str, name: str) -> PublishedFile:
    """Copy `source` to `folder`/`name`; the name appears only once the file is whole.

    Raises StoreUnreachable, DiskFull.
    """
    uri = f"{folder.rstrip('/')}/{name}"
    if is_remote(folder):
        with _reached(uri) as (fs, key):
            fs.put_file(str(source), key)
    else:
        _copy_whole(source, Path(uri))
    return PublishedFile(name=name, uri=uri, sha256=sha256, size=source.stat().st_size)


def write_text(text: str, *, folder: str, name: str) -> str:
    """Write a small text file to `folder`/`name` in one step and return its address."""
    uri = f"{folder.rstrip('/')}/{name}"
    if is_remote(folder):
        with _reached(uri) as (fs, key):
            fs.pipe_file(key, text.encode())
    else:
        path = Path(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part(path)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return uri


def read_text(*, folder: str, name: str) -> str:
    """Return the small text file at `folder`/`name`. Raises FileNotFoundError, StoreUnreachable."""
    uri = f"{folder.rstrip('/')}/{name}"
    fs: Any
    fs, path = fsspec.core.url_to_fs(uri)
    try:
        fs.invalidate_cache()
        return bytes(fs.cat_file(path)).decode()
    except FileNotFoundError:
        raise
    except (BotoCoreError, ClientError, OSError, UnicodeDecodeError) as error:
        raise StoreUnreachable(uri=uri, reason=str(error)) from error


def holds(file: PublishedFile) -> bool:
    """Return whether the file is still at its destination with its size."""
    fs: Any
    fs, path = fsspec.core.url_to_fs(file.uri)
    try:
        return int(fs.info(path)["size"]) == file.size
    except OSError:  # also where it cannot be told: publishing again finds out why
        return False


def share_link(file: PublishedFile) -> str:
    """Return an address that opens the file: a presigned URL of an object store, or a file's own URI."""
    if not is_remote(file.uri):
        return Path(file.uri).absolute().as_uri()
    fs: Any
    fs, path = fsspec.core.url_to_fs(file.uri)
    return str(fs.sign(path, expiration=LINK_LIFETIME_S))


def service_of(folder: str) -> str | None:
    """Return the outside service behind a folder, as a circuit breaker knows it, or None for one of this machine."""
    return f"storage {urlsplit(folder).netloc}" if is_remote(folder) else None


def is_remote(folder: str) -> bool:
    """Return whether `folder` is a URL rather than a local path."""
    return "://" in folder


@contextmanager
def _reached(uri: str) -> Generator[tuple[Any, str]]:
    """Yield the file system and the path of a URL; name its faults that may pass."""
    try:
        yield fsspec.core.url_to_fs(uri)
    except (PermissionError, FileNotFoundError):
        raise
    except (BotoCoreError, ClientError, OSError) as error:
        raise StoreUnreachable(uri=uri, reason=str(error)) from error


def _copy_whole(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _part(target)
    try:
        shutil.copyfile(source, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
