"""What fsspec's file systems have in common only by name: kinds, whole files under their names, times of change."""

import posixpath
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from blocks.driver_faults import faults

_MODIFIED = ("LastModified", "mtime", "modified", "modifiedTime", "updated", "created")
OF_ONE_THREAD = frozenset({"gdrive", "sftp"})
_PUT_WHOLE = frozenset({"s3", "gcs", "gdrive", "memory"})


def is_shared_by_threads(fs: Any) -> bool:
    """Return whether threads may use a file system at the same time."""
    return OF_ONE_THREAD.isdisjoint(_protocols(fs))


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
