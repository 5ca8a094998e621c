"""Making a small file that is not there yet, so that of many who try at the same moment exactly one does.

S3 and Google Cloud Storage have a request for it, and a rename of SFTP takes no name that is taken. Elsewhere each who
tries lays a ticket beside the file, and only who then finds no other ticket makes it: whoever comes later finds the
ticket or the file.
"""

import errno
import posixpath
import random
import time
import uuid
from contextlib import suppress
from datetime import datetime
from typing import Any

from blocks.driver_faults import faults
from blocks.filesystems import is_sftp, modified_of, put_bytes, puts_whole
from engines.errors import StoreUnreachable

_TICKET = ".ticket.part"  # what sweeps take for a file on its way, after a process that was killed
_LOST_AFTER_S = 60.0  # far longer than a try takes
_PATIENCE_S = 30.0
_POLITE_S = 5.0  # for how long others are let be that were there before; one of them may be gone
_BREAK_S = 0.1
_NO_SUCH_REQUEST = frozenset({errno.ENOSYS})
_TAKEN = frozenset({"PreconditionFailed", "412"})


def create(fs: Any, content: bytes, path: str) -> bool:
    """Put a small file unless there is one, whole, and return whether it was put.

    Raises StoreUnreachable when others who want the same go on and on, and what the driver raises.
    """
    if puts_whole(fs):
        try:
            return _by_condition(fs, content, path)
        except OSError as error:
            if error.errno not in _NO_SUCH_REQUEST:  # of some that speak S3
                raise
    return _by_rename(fs, content, path) if is_sftp(fs) else _by_ticket(fs, content, path)


def _by_condition(fs: Any, content: bytes, path: str) -> bool:
    try:
        fs.pipe_file(path, content, mode="create")
    except FileExistsError:
        return False
    except OSError as error:
        told = getattr(error.__cause__, "response", None) or {}
        if told.get("Error", {}).get("Code") in _TAKEN:
            return False
        raise
    return True


def _by_rename(fs: Any, content: bytes, path: str) -> bool:
    fs.makedirs(posixpath.dirname(path), exist_ok=True)
    part = f"{path}.{uuid.uuid4().hex[:12]}.part"
    try:
        fs.pipe_file(part, content)
        fs.ftp.rename(part, path)  # not the one of POSIX, which replaces
    except OSError:
        if not fs.exists(path):
            raise
        return False
    finally:
        with suppress(FileNotFoundError):
            fs.rm_file(part)
    return True


def _by_ticket(fs: Any, content: bytes, path: str) -> bool:
    started = time.monotonic()
    deadline = started + _PATIENCE_S
    fs.makedirs(posixpath.dirname(path), exist_ok=True)
    while time.monotonic() < deadline:
        if _is_there(fs, path):
            return False
        if time.monotonic() > started + _POLITE_S or not _tickets(fs, path):
            ticket = f"{path}.{uuid.uuid4().hex[:12]}{_TICKET}"
            fs.pipe_file(ticket, b"")
            try:
                if _is_alone(fs, ticket, path, deadline):
                    if _is_there(fs, path):  # by one whose ticket was gone before ours came
                        return False
                    put_bytes(fs, content, path)
                    return True
            finally:
                with suppress(*faults()):
                    fs.rm_file(ticket)
        time.sleep(random.uniform(0, 2 * _BREAK_S))
    raise StoreUnreachable(uri=path, reason="others want to make it at the same moment")


def _is_alone(fs: Any, ticket: str, path: str, deadline: float) -> bool:
    """Return whether no other ticket is left: the first of several by name waits for the others, who step aside."""
    own = posixpath.basename(ticket)
    while True:
        others = _tickets(fs, path) - {own}
        if not others:
            return True
        if min(others) < own or time.monotonic() > deadline:
            return False
        time.sleep(_BREAK_S)


def _tickets(fs: Any, path: str) -> frozenset[str]:
    """Return the names of the tickets for a file, without those whose makers must be gone, which are removed."""
    fs.invalidate_cache()
    found = {}
    for info in fs.ls(posixpath.dirname(path), detail=True):
        name = posixpath.basename(str(info["name"]).rstrip("/"))
        if name.startswith(f"{posixpath.basename(path)}.") and name.endswith(_TICKET):
            found[name] = _seconds(modified_of(info))
    newest = max(found.values(), default=0.0)  # by the clock of the server
    lost = {name for name, modified_s in found.items() if newest - modified_s > _LOST_AFTER_S}
    for name in lost:
        with suppress(*faults()):
            fs.rm_file(posixpath.join(posixpath.dirname(path), name))
    return frozenset(found.keys() - lost)


def _seconds(modified: Any) -> float:
    return modified.timestamp() if isinstance(modified, datetime) else float(modified or 0.0)


def _is_there(fs: Any, path: str) -> bool:
    fs.invalidate_cache()
    return bool(fs.exists(path))
