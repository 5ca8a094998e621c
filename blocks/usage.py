"""When a file of the store was last used: what pruning goes by."""

import os
import time
from contextlib import suppress
from pathlib import Path

from models.base import Model

_NOTE_USE_AFTER_S = 3600.0
_NOTE_USE_HERE_AFTER_S = 600.0


class Stored(Model):
    """A file of a store. Its time of change is that of its last use."""

    key: str
    size: int
    modified_s: float


def is_stale(modified_s: float) -> bool:
    """Return whether a use should be noted. Not each is: what is younger is never pruned anyway."""
    return time.time() - modified_s > _NOTE_USE_AFTER_S


def mark_used(path: Path) -> bool:
    """Make a file of this machine as young as its last use, unless it is almost; return whether it changed."""
    with suppress(FileNotFoundError):
        if time.time() - path.stat().st_mtime > _NOTE_USE_HERE_AFTER_S:
            os.utime(path)
            return True
    return False
