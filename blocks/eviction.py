"""Making room in the files that a machine keeps: the longest unused go first, never what a living process holds."""

import os
import shutil
import time
from pathlib import Path

from blocks.pins import Pins
from blocks.sinks import PartFolder
from blocks.store_layout import digest_of
from blocks.usage import Stored
from models.cache import CacheStatus, Eviction

PART_LIFE_S = 7 * 24 * 3600.0
ROOM = 0.9  # what is left of the limit once it was reached, so that not each new file has to make room
_LOOK_AGAIN_AFTER = 0.02  # of the limit: so much may come before the whole folder is looked at again


class Shelf:
    """The blobs in a folder of this machine, within a limit if there is one."""

    def __init__(self, root: Path, *, max_bytes: int | None) -> None:
        self.root, self.max_bytes = root, max_bytes
        self.pins, self.parts = Pins(root / "pins"), PartFolder(root / "partial")
        self._unseen: float = float("inf")

    def added(self, size: int) -> None:
        """Make room if the file of that size, which has just come, may have passed the limit."""
        if self.max_bytes is None:
            return
        self._unseen += size
        if self._unseen > self.max_bytes * _LOOK_AGAIN_AFTER:
            self._unseen = 0
            self.evict(max_bytes=self.max_bytes, room=ROOM)

    def evict(
        self,
        *,
        max_bytes: int | None = None,
        unused_s: float | None = None,
        room: float = 1.0,
        dry_run: bool = False,
    ) -> Eviction:
        """Remove what nobody has used for `unused_s`, and more, the longest unused first, above `max_bytes`.

        When the limit is passed, only `room` of it is left full. What living processes hold stays, whatever the limit.
        """
        blobs = sorted(self.blobs(), key=lambda blob: blob.modified_s)
        total, limit = sum(blob.size for blob in blobs), max_bytes
        if limit is not None and total > limit:
            limit = int(limit * room)
        before = time.time() - unused_s if unused_s is not None else 0.0
        gone: list[Stored] = []
        with self.pins.removing() as held:
            for blob in blobs:
                if blob.modified_s >= before and (limit is None or total <= limit):
                    break
                if digest_of(blob.key) in held:
                    continue
                if not dry_run:
                    (self.root / blob.key).unlink(missing_ok=True)
                gone.append(blob)
                total -= blob.size
        stale = self.parts.stale(older_than_s=PART_LIFE_S)
        for path in [] if dry_run else stale:
            self.parts.remove(path)
        return Eviction(
            removed_files=len(gone),
            removed_bytes=sum(blob.size for blob in gone),
            removed_parts=len(stale),
            kept_files=len(blobs) - len(gone),
            kept_bytes=total,
        )

    def status(self, store: str) -> CacheStatus:
        """Return what is here now; `store` is the address of the whole store."""
        blobs, held = self.blobs(), self.pins.held()
        kept = [blob for blob in blobs if digest_of(blob.key) in held]
        parts = [status.st_size for status in self.parts.files().values()]
        return CacheStatus(
            folder=str(self.root),
            store=store,
            files=len(blobs),
            bytes=sum(blob.size for blob in blobs),
            max_bytes=self.max_bytes,
            held_files=len(kept),
            held_bytes=sum(blob.size for blob in kept),
            half_fetched_files=len(parts),
            half_fetched_bytes=sum(parts),
            free_bytes=shutil.disk_usage(self.root).free,
            oldest_use_s=min((blob.modified_s for blob in blobs), default=None),
        )

    def blobs(self) -> list[Stored]:
        """Return every blob, quickly: there may be tens of thousands."""
        found = []
        for folder in _entries(self.root / "blobs"):
            for entry in _entries(folder.path):
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                key = f"blobs/{folder.name}/{entry.name}"
                found.append(Stored.model_construct(key=key, size=status.st_size, modified_s=status.st_mtime))
        return found


def _entries(folder: Path | str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
