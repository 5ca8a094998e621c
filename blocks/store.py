"""The artifact store: blobs named by the hash of their content, and the records of finished steps.

    blobs/ab/abcdef….png    content, written once
    results/ab/abcdef….json what a step returned, under its cache key
    tmp/…                   half-made files of live processes
    partial/…               half-fetched files, to go on with
    pins/…                  what living processes use, so that making room does not take it

A remote store (object stores put whole objects atomically) keeps a local copy of every blob it touches in a cache
folder of the same layout.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

from blocks.disk import DiskFolder, disk_full_named
from blocks.eviction import Shelf
from blocks.places import local_folder
from blocks.proofs import Proofs
from blocks.remote import RemoteFolder
from blocks.settings import get_settings
from blocks.store_layout import blob_key, record_key
from blocks.usage import Stored, is_stale, mark_used
from engines.errors import StoreCorrupt
from models.artifacts import ArtifactRef

_ASKED_AT_ONCE = 8
_SENT_UNASKED_BYTES = 256 << 10  # sending so little takes no longer than asking whether it is there


class ArtifactStore:
    """Content-addressed storage in a folder or under a URL of storage. Safe between threads and processes."""

    def __init__(self, url: str, *, cache_dir: Path, max_bytes: int | None = None) -> None:
        """Open the store at `url`; `cache_dir` holds local copies when the store is remote.

        Above `max_bytes` of blobs on this machine, those that were not used for longest are removed. Raises
        StoreRefused for a folder that cannot be used, DiskFull, and what `open_place` raises.
        """
        self.url = url.rstrip("/")
        folder = local_folder(url)
        self._remote = RemoteFolder(self.url) if folder is None else None
        self._disk = DiskFolder(folder or cache_dir)
        self._files: RemoteFolder | DiskFolder = self._remote or self._disk
        self.root = self._disk.root
        self._proofs = Proofs()
        self.shelf = Shelf(self.root, max_bytes=max_bytes)
        self.parts = self.shelf.parts

    @property
    def is_remote(self) -> bool:
        """Whether blobs live elsewhere and `root` is only a cache."""
        return self._remote is not None

    @property
    def asked_at_once(self) -> int:
        """How many requests make sense at the same time: a remote store takes long for each."""
        return _ASKED_AT_ONCE if self._remote and self._remote.takes_many_at_once else 1

    def put(self, path: Path, media_type: str, *, move: bool = False, sha256: str | None = None) -> ArtifactRef:
        """Store the file at `path` and return its reference.

        `move=True` gives the file away: on the same file system it is renamed instead of copied, and `sha256` spares
        reading it again if the caller hashed it while writing. Raises DiskFull.
        """
        with disk_full_named(path):
            if move and self._disk.could_adopt(path):
                digest, part = sha256 or _sha256(path), path
            else:
                digest, part = self._disk.copied(path)
            ref = self._ref(digest, part.stat().st_size, media_type)
            self._publish(part, ref)
        if move:
            path.unlink(missing_ok=True)
        if self._remote and (ref.size <= _SENT_UNASKED_BYTES or not self._is_fresh_there(ref)):
            self._remote.upload(self._local(ref), blob_key(ref))
        return ref

    def has(self, ref: ArtifactRef) -> bool:
        """Return whether the blob exists and is what its name says; of a remote one only the size is looked at."""
        if self._remote:
            return self._remote.size(blob_key(ref)) == ref.size
        return self._is_whole(ref)

    def absent(self, refs: Sequence[ArtifactRef]) -> list[ArtifactRef]:
        """Return those of the blobs that `has` says no of; a remote store is asked for some at once."""
        if self.asked_at_once > 1 and len(refs) > 1:
            with ThreadPoolExecutor(self.asked_at_once) as pool:
                found = list(pool.map(self.has, refs))
        else:
            found = [self.has(ref) for ref in refs]
        return [ref for ref, is_there in zip(refs, found, strict=True) if not is_there]

    def local_path(self, ref: ArtifactRef) -> Path:
        """Return a local file with the blob's content, downloaded first when the store is remote.

        The file is the store's own: read it, never write it. Raises StoreCorrupt.
        """
        path = self._local(ref)
        if self._is_whole(ref):
            return path
        if not self._remote:
            raise StoreCorrupt(uri=str(path), reason="is missing from the store or damaged")
        return self._download(ref, path)

    def scratch(self) -> AbstractContextManager[Path]:
        """Return a context that yields a new empty folder on the store's file system, and removes it in the end."""
        return self._disk.workspace.scratch()

    def record_path(self, key: str) -> Path | None:
        """Return the local file that holds the record `key`, or None when the store is remote."""
        return None if self._remote else self.root / record_key(key)

    def has_record(self, key: str) -> bool:
        """Return whether there is a record `key`, without counting as a use."""
        return self.stat(record_key(key)) is not None

    def read_record(self, key: str) -> bytes:
        """Return the bytes written under `key`, and note that they are in use. Raises FileNotFoundError."""
        return self._files.use(record_key(key))

    def write_record(self, key: str, content: bytes) -> None:
        """Write or replace the record `key` in one step. Raises DiskFull."""
        self._files.write(record_key(key), content)

    def create_record(self, key: str, content: bytes) -> bool:
        """Write the record `key` unless there is one, and return whether it did; of many at once, one does.

        Raises DiskFull.
        """
        return self._files.create(record_key(key), content)

    def list(self, folder: str) -> Iterator[Stored]:
        """Yield every file below `folder` (blobs or results) where the store itself lies."""
        return self._files.list(folder)

    def stat(self, key: str) -> Stored | None:
        """Return a file that `list` named as it is now, or None if it is gone."""
        return self._files.stat(key)

    def peek(self, key: str) -> bytes:
        """Return the bytes of a file that `list` named, without counting as a use. Raises FileNotFoundError."""
        return self._files.read(key)

    def digest(self, key: str) -> str:
        """Return the SHA-256 of a file that `list` named, read anew. Raises FileNotFoundError."""
        with Path(os.devnull).open("wb") as nowhere:
            return self._files.download(key, nowhere)

    def export(self, key: str, path: Path) -> str:
        """Copy a file that `list` named to `path` and return its SHA-256. Raises FileNotFoundError, DiskFull."""
        with disk_full_named(path), path.open("wb") as writer:
            return self._files.download(key, writer)

    def adopt(self, part: Path, key: str) -> None:
        """Give a file of this store's `scratch` the name that it has in another store."""
        if self._remote:
            self._remote.upload(part, key)
        else:
            self._disk.adopt(part, key)

    def sweep(self, *, older_than_s: float, dry_run: bool = False) -> int:
        """Remove what uploads to a remote store that were cut off so long ago have left, and return their number.

        In a folder each process sweeps what those before it have left.
        """
        return self._remote.sweep(older_than_s=older_than_s, dry_run=dry_run) if self._remote else 0

    def remove(self, key: str) -> None:
        """Remove a file that `list` named."""
        self._files.remove(key)

    def _ref(self, digest: str, size: int, media_type: str) -> ArtifactRef:
        ref = ArtifactRef(uri=digest, sha256=digest, size=size, media_type=media_type)
        base = self.url if self._remote else str(self.root)
        return ref.model_copy(update={"uri": f"{base}/{blob_key(ref)}"})

    def _local(self, ref: ArtifactRef) -> Path:
        return self.root / blob_key(ref)

    def _is_fresh_there(self, ref: ArtifactRef) -> bool:
        """Return whether a remote store has the blob, and as young as one that is in use."""
        assert self._remote is not None
        there = self._remote.stat(blob_key(ref))
        return there is not None and there.size == ref.size and not is_stale(there.modified_s)

    def _is_whole(self, ref: ArtifactRef) -> bool:
        """Return whether the blob is on this machine as its name says; if so, it stays for as long as it is used."""
        path = self._local(ref)
        self.shelf.pins.hold(ref.sha256)
        if not self._proofs.holds(path, sha256=ref.sha256, size=ref.size):
            return False
        if mark_used(path):
            self._proofs.note(path)
        return True

    def _publish(self, part: Path, ref: ArtifactRef) -> None:
        """Give a file that was hashed its name, unless a good one has it already: a damaged one is replaced."""
        if self._is_whole(ref):
            part.unlink()
        else:
            self._proofs.note(self._disk.adopt(part, blob_key(ref)))
            self.shelf.added(ref.size)

    def _download(self, ref: ArtifactRef, final: Path) -> Path:
        """Fetch a blob that no other process has fetched meanwhile, from where an earlier attempt stopped."""
        assert self._remote is not None
        with disk_full_named(final), self.parts.claim(ref.sha256) as part:
            if self._is_whole(ref):
                return final
            went_on = part.count > 0
            try:
                digest = self._remote.download(blob_key(ref), part)
            except FileNotFoundError:
                raise StoreCorrupt(uri=ref.uri, reason="is missing from the store") from None
            if digest != ref.sha256:
                if part.count == ref.size and not went_on:  # not cut short on the way: damaged, to be made again
                    self._remote.remove(blob_key(ref))
                part.restart()
                raise StoreCorrupt(uri=ref.uri, reason="its content does not match its name")
            self._proofs.note(self._disk.adopt(part.finished(), blob_key(ref)))
        self.shelf.added(ref.size)
        return final


def open_store() -> ArtifactStore:
    """Return the store that the settings name, opened once per process."""
    settings = get_settings()
    return _open(settings.store, settings.cache_dir, settings.cache_max_bytes)


@cache
def _open(url: str, cache_dir: Path, max_bytes: int | None) -> ArtifactStore:
    return ArtifactStore(url, cache_dir=cache_dir, max_bytes=max_bytes)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
