"""Addresses that open a published file for whoever is given them."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from blocks.places import STORE, local_folder, open_place
from blocks.remote_target import RemoteTarget
from blocks.settings import Settings
from models.report import PublishedFile

_SIGNED = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az"})


def share_link(file: PublishedFile, settings: Settings, *, now_s: float | None = None) -> tuple[str, datetime | None]:
    """Return an address that opens the file, and until when.

    That is one below the public base of its folder, if the installation has one; a presigned URL of an object store;
    else the file's own address, which never expires.
    """
    if base := public_base(file.uri, settings.link_bases):
        return base, None
    if path := local_folder(file.uri):
        return path.as_uri(), None
    folder, _, name = file.uri.rpartition("/")
    link = RemoteTarget(folder).sign(name, lifetime_s=settings.link_lifetime_s)
    if link is None:
        return file.uri, None
    issued = datetime.fromtimestamp(time.time() if now_s is None else now_s, UTC)
    return link, issued.replace(microsecond=0) + timedelta(seconds=settings.link_lifetime_s)


def public_base(uri: str, bases: Mapping[str, str]) -> str | None:
    """Return the public address of a file: of the folders that have one, the innermost counts."""
    folders = sorted((folder for folder in bases if uri.startswith(f"{folder.rstrip('/')}/")), key=len)
    if not folders:
        return None
    below = uri.removeprefix(folders[-1].rstrip("/")).lstrip("/")
    return f"{bases[folders[-1]].rstrip('/')}/{quote(below)}"


def link_period(folder: str, settings: Settings, *, now_s: float | None = None) -> int:
    """Return a number that changes four times in a link's life: a link made in the same period is good for most of it.

    It is 0 for ever where links do not expire.
    """
    if not _is_signed(folder) or public_base(f"{folder}/", settings.link_bases):
        return 0
    return int((time.time() if now_s is None else now_s) // (settings.link_lifetime_s / 4))


def _is_signed(uri: str) -> bool:
    if not uri.startswith(STORE):
        return uri.partition("://")[0] in _SIGNED
    protocol = open_place(uri)[0].protocol
    return not _SIGNED.isdisjoint((protocol,) if isinstance(protocol, str) else protocol)
