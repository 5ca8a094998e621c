"""Where finished files go: a folder, or any fsspec URL."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from blocks import claims
from blocks.local_place import LocalPlace
from blocks.remote_place import RemotePlace, open_files
from engines.errors import DestinationRefused, StoreUnreachable
from models.destination import Labels, Overwrite, Owner, is_url, settled
from models.report import PublishedFile


def publish_files(
    files: Mapping[str, tuple[Path, Labels]], *, folder: str, owner: Owner, overwrite: Overwrite
) -> tuple[PublishedFile, ...]:
    """Copy files to `folder` under their names. A name appears only once its file is whole; each is read back.

    Raises DestinationTaken before anything is written; DestinationRefused, StoreUnreachable, UploadDamaged, DiskFull.
    """
    place = open_place(folder)
    claims.claim(place, owner, folder=folder, files=files, overwrite=settled(overwrite, folder))
    place.tidy(files)
    for name, (source, labels) in files.items():
        place.put(source, name, labels)
    base = folder.rstrip("/")
    return tuple(
        PublishedFile(name=name, uri=f"{base}/{name}", sha256=labels.sha256, size=source.stat().st_size)
        for name, (source, labels) in files.items()
    )


def check_free(folder: str, owner: Owner, overwrite: Overwrite) -> None:
    """Raise DestinationTaken early for a folder of another render; one that does not answer is for publishing to tell."""
    try:
        other = claims.owner_of(open_place(folder))
    except (StoreUnreachable, DestinationRefused, OSError):
        return
    if other is not None:
        claims.check(owner, other, folder=folder, overwrite=settled(overwrite, folder))


def write_text(text: str, *, folder: str, name: str, media_type: str = "application/json") -> str:
    """Write a small text file to `folder`/`name` in one step and return its address."""
    open_place(folder).write(name, text.encode(), media_type)
    return f"{folder.rstrip('/')}/{name}"


def read_text(*, folder: str, name: str) -> str:
    """Return the small text file at `folder`/`name`. Raises FileNotFoundError, StoreUnreachable."""
    try:
        return open_place(folder).read(name).decode()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise StoreUnreachable(uri=f"{folder.rstrip('/')}/{name}", reason=str(error)) from error


def holds(file: PublishedFile) -> bool:
    """Return whether the file is still at its destination with its size."""
    try:
        fs, path = open_files(file.uri)
        fs.invalidate_cache()
        return int(fs.info(path)["size"]) == file.size
    except (OSError, BotoCoreError, ClientError):  # also where it cannot be told: publishing again finds out why
        return False


def service_of(folder: str) -> str | None:
    """Return the outside service behind a folder, as a circuit breaker knows it, or None for one of this machine."""
    return f"storage {urlsplit(folder).netloc}" if is_url(folder) else None


def open_place(folder: str) -> LocalPlace | RemotePlace:
    """Return the folder of this machine, or that behind a URL."""
    return RemotePlace(folder) if is_url(folder) and not folder.startswith("file://") else LocalPlace(folder)
