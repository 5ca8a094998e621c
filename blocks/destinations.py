"""Where finished files go: a folder, or any fsspec URL."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from blocks import claims, links
from blocks.drive_target import DriveTarget
from blocks.local_target import LocalTarget
from blocks.places import local_folder, protocol_of
from blocks.remote import RemoteFolder
from blocks.remote_target import RemoteTarget
from blocks.settings import Settings
from engines.errors import NeuroShortsError, StoreUnreachable, UploadDamaged
from models.destination import Labels, Overwrite, Owner, fixed_part, settled
from models.report import PublishedFile


def claim_folder(folder: str, owner: Owner, overwrite: Overwrite, *, files: Iterable[str]) -> None:
    """Note that a folder, in which there will be `files`, is this owner's from now on. Raises DestinationTaken."""
    claims.claim(open_target(folder), owner, folder=folder, files=files, overwrite=_settled(overwrite, folder))


def check_claim(folder: str, owner: Owner) -> None:
    """Raise DestinationLost if another render has taken the folder since this owner claimed it."""
    claims.check_kept(open_target(folder), owner, folder=folder)


def publish_files(
    files: Mapping[str, tuple[Path, Labels]], *, folder: str, check: Callable[[], object] = lambda: None
) -> tuple[PublishedFile, ...]:
    """Copy files to `folder` under their names. A name appears only once its file is whole; each is read back.

    What is there already is left. `check` is called after each file, and raises if there should be no more. Raises
    StoreRefused, StoreUnreachable, UploadDamaged, DiskFull.
    """
    target = open_target(folder)
    target.tidy(files)
    there = target.names()
    for name, (source, labels) in files.items():
        if name not in there or not target.holds(source, name, labels):
            target.put(source, name, labels)
            check()
    for name, (source, labels) in files.items():
        if not target.keeps(source, name, labels):
            raise UploadDamaged(uri=f"{folder}/{name}", reason="something else has taken its place meanwhile")
    base = folder.rstrip("/")
    return tuple(
        PublishedFile(name=name, uri=f"{base}/{name}", sha256=labels.sha256, size=source.stat().st_size)
        for name, (source, labels) in files.items()
    )


def check_free(folder: str, owner: Owner, overwrite: Overwrite, *, files: Iterable[str] = ()) -> None:
    """Raise DestinationTaken early for a folder of another render, or one with such files that nobody has claimed.

    Publishing tells of one that does not answer.
    """
    with suppress(StoreUnreachable, OSError):
        claims.check_free(open_target(folder), owner, folder=folder, files=files, overwrite=_settled(overwrite, folder))


def check_writable(folder: str) -> None:
    """Raise early StoreRefused for a folder of this machine that cannot be written to, OSError for a full disk.

    What is behind a URL is written to only by publishing: a trial could cost, or start what watches a bucket.
    """
    local = local_folder(folder)
    if local is not None:
        LocalTarget(local).check_writable()


def write_text(text: str, *, folder: str, name: str, media_type: str = "application/json") -> str:
    """Write a small text file to `folder`/`name` in one step and return its address."""
    open_target(folder).write(name, text.encode(), media_type)
    return f"{folder.rstrip('/')}/{name}"


def read_text(*, folder: str, name: str) -> str:
    """Return the small text file at `folder`/`name`. Raises FileNotFoundError, StoreUnreachable."""
    try:
        return open_target(folder).read(name).decode()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise StoreUnreachable(uri=f"{folder.rstrip('/')}/{name}", reason=str(error)) from error


def holds(file: PublishedFile) -> bool:
    """Return whether the file is still at its destination with its size, as far as that can be told."""
    try:
        return is_there(file)
    except (NeuroShortsError, OSError):  # where it cannot be told, publishing again finds out why
        return False


def is_there(file: PublishedFile) -> bool:
    """Return whether the file is still at its destination with its size. Raises StoreUnreachable, StoreRefused."""
    folder, _, name = file.uri.rpartition("/")
    return open_target(folder).size(name) == file.size


def sweep(destination: str, *, older_than_s: float, dry_run: bool = False) -> int:
    """Remove what uploads to a destination that were cut off so long ago have left, and return their number.

    It may have placeholders. Folders of this machine and Drive are left: a copy that was cut off goes with the next,
    and Drive forgets. Raises StoreUnreachable, StoreRefused.
    """
    folder = fixed_part(destination).rstrip("/")
    if local_folder(folder) is not None or protocol_of(folder) == "gdrive":
        return 0
    return RemoteFolder(folder).sweep(older_than_s=older_than_s, dry_run=dry_run)


def share_link(file: PublishedFile, settings: Settings) -> tuple[str, datetime | None]:
    """Return an address that opens the file, and until when.

    That is one below the public base of its folder, if the installation has one; a presigned URL of an object store;
    Drive's own link; else the file's own address. Only presigned ones expire.
    """
    if link := links.public_link(file.uri, settings.link_bases):
        return link, None
    folder, _, name = file.uri.rpartition("/")
    return open_target(folder).link(name, lifetime_s=settings.link_lifetime_s)


def open_target(folder: str) -> LocalTarget | RemoteTarget | DriveTarget:
    """Return the folder of this machine, or that behind a URL. Raises StoreUnknown, StoreRefused, DriverMissing."""
    local = local_folder(folder)
    if local is not None:
        return LocalTarget(local)
    return DriveTarget(folder) if protocol_of(folder) == "gdrive" else RemoteTarget(folder)


def _settled(overwrite: Overwrite, folder: str) -> Overwrite:
    return settled(overwrite, is_local=local_folder(folder) is not None)
