"""Which share links there are, and how long they are given out."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from blocks.places import protocol_of
from blocks.settings import Settings

_SIGNED = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az"})


def public_link(uri: str, bases: Mapping[str, str]) -> str | None:
    """Return the public address of a file: of the folders that have one, the innermost counts."""
    folders = sorted((folder for folder in bases if uri.startswith(f"{folder.rstrip('/')}/")), key=len)
    if not folders:
        return None
    below = uri.removeprefix(folders[-1].rstrip("/")).lstrip("/")
    return f"{bases[folders[-1]].rstrip('/')}/{quote(below)}"


def expiry(lifetime_s: int) -> datetime:
    """Return until when a link works that is made now."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=lifetime_s)


def link_period(folder: str, settings: Settings, *, now_s: float | None = None) -> int:
    """Return a number that changes four times in a link's life: a link made in the same period is good for most of it.

    It is 0 for ever where links do not expire.
    """
    if protocol_of(folder) not in _SIGNED or public_link(f"{folder}/", settings.link_bases):
        return 0
    return int((time.time() if now_s is None else now_s) // (settings.link_lifetime_s / 4))
