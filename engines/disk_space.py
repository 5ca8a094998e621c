"""Telling a disk without room from other faults: the same step works once there is room again."""

import errno

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_SAID = ("No space left on device", "Disk quota exceeded")


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error says that a disk, or what its owner may use of it, is full."""
    return isinstance(error, OSError) and error.errno in _FULL


def tells_disk_full(log: str) -> bool:
    """Return whether a program's log says so."""
    return any(said in log for said in _SAID)
