"""Whose a folder of published files is: a small file in it says so, and a render does not write over another's."""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Protocol

from pydantic import ValidationError

from engines.errors import DestinationLost, DestinationTaken, StoreUnreachable
from models.destination import Overwrite, Owner

CLAIM = ".neuroshorts.json"
REPORT = "report.json"
MOST_BYTES = 16 << 20
_TRIES = 5


class Target(Protocol):
    """A folder that keeps small files."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes. Raises FileNotFoundError."""

    def write(self, name: str, content: bytes, media_type: str) -> None:
        """Write or replace a file."""

    def create(self, name: str, content: bytes) -> bool:
        """Write a file unless there is one, and return whether it did."""

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None if there is none."""

    def names(self) -> frozenset[str]:
        """Return the names of the files that are there."""


def claim(target: Target, owner: Owner, *, folder: str, files: Iterable[str], overwrite: Overwrite) -> None:
    """Note that the files of a folder are this owner's from now on. Raises DestinationTaken, StoreUnreachable."""
    content = owner.model_dump_json().encode()
    other = owner_of(target)
    tries = 0
    while other is None and overwrite is not Overwrite.ALWAYS:
        _check_strangers(target, owner, folder=folder, files=files, overwrite=overwrite)
        if target.create(CLAIM, content):
            return
        other = owner_of(target)  # none again if who came first has taken it back
        tries += 1
        if tries == _TRIES:
            raise StoreUnreachable(uri=f"{folder}/{CLAIM}", reason="it can be neither made nor read")
    if other is not None:
        check(owner, other, folder=folder, overwrite=overwrite)
    if other != owner:
        target.write(CLAIM, content, "application/json")


def check_free(target: Target, owner: Owner, *, folder: str, files: Iterable[str], overwrite: Overwrite) -> None:
    """Raise DestinationTaken where `claim` would, as far as these files tell; change nothing."""
    other = owner_of(target)
    if other is not None:
        check(owner, other, folder=folder, overwrite=overwrite)
    elif overwrite is not Overwrite.ALWAYS:
        _check_strangers(target, owner, folder=folder, files=files, overwrite=overwrite)


def check_kept(target: Target, owner: Owner, *, folder: str) -> None:
    """Raise DestinationLost if a folder is another's by now that renders something else."""
    other = _owner_now(target)
    if other is not None and other.run != owner.run and other.spec != owner.spec:
        raise DestinationLost(folder=folder, owner=_told(other))


def owner_of(target: Target) -> Owner | None:
    """Return whose a folder is, or None if nothing says so.

    A claim that cannot be read (damaged, or of another version) is somebody's all the same: whose, the report beside it
    tells, if there is one; else nobody may write over it who does not ask to.
    """
    return _unreadable(target) if _is_huge(target, CLAIM) else _owner_now(target)


def _owner_now(target: Target) -> Owner | None:
    try:
        return Owner.model_validate_json(target.read(CLAIM))
    except FileNotFoundError:
        return None
    except ValidationError:
        return _unreadable(target)


def _unreadable(target: Target) -> Owner:
    report = _report(target)
    return Owner(title=str(report.get("title") or ""), run=str(report.get("run_id") or ""), spec="")


def _is_huge(target: Target, name: str) -> bool:
    """Return whether a file is no small one: who names a destination may have put it there to be read into memory."""
    return (target.size(name) or 0) > MOST_BYTES


def check(owner: Owner, other: Owner, *, folder: str, overwrite: Overwrite) -> None:
    """Raise DestinationTaken if a render may not write over what another has published."""
    if owner.may_replace(other, overwrite):
        return
    remedy = Overwrite.TITLE if owner.title == other.title else Overwrite.ALWAYS
    raise DestinationTaken(folder=folder, owner=_told(other), remedy=remedy.value)


def _told(owner: Owner) -> str:
    return f"{owner.title!r} of the run {owner.run}" if owner.run else f"a {CLAIM} that cannot be read"


def _check_strangers(target: Target, owner: Owner, *, folder: str, files: Iterable[str], overwrite: Overwrite) -> None:
    """Raise DestinationTaken for files in a folder that nobody has claimed, unless a report there is of this title."""
    strangers = sorted(target.names() & set(files))
    if not strangers or (overwrite is Overwrite.TITLE and _report(target).get("title") == owner.title):
        return
    told = f"{', '.join(strangers)} from elsewhere"
    raise DestinationTaken(folder=folder, owner=told, remedy=Overwrite.ALWAYS.value)


def _report(target: Target) -> dict[str, Any]:
    """Return the report that lies in a folder, empty for none that can be read."""
    if _is_huge(target, REPORT):
        return {}
    with suppress(FileNotFoundError, ValueError, RecursionError):
        report = json.loads(target.read(REPORT))
        return report if isinstance(report, dict) else {}
    return {}
