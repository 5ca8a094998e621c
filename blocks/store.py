"""The artifact store: blobs named by the hash of their content, and the records of finished steps.

    blobs/ab/abcdef….png    content, written once
    results/ab/abcdef….json what a step returned, under its cache key
    tmp/…                   half-made files of live processes
    partial/…               half-fetched files, to go on with
    pins/…                  what living processes use, so that making room does not take it

Nothing is ever written under a final name: files are made in `tmp`, synced and renamed, so a process that is
killed leaves at most rubbish in `tmp`, which the next process sweeps. A remote store (object stores put whole
objects atomically) keeps a local copy of every blob it touches in a cache folder of the same layout.
"""

import errno
import hashlib
import mimetypes
import os
import shutil
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from blocks.eviction import Shelf
from blocks.places import local_folder
from blocks.proofs import Proofs
from blocks.remote import RemoteFolder
from blocks.settings import get_settings
from blocks.sinks import Sink
from blocks.usage import Stored, is_stale, list_local, mark_used, stat_local
from blocks.workspace import Workspace
from engines.errors import DiskFull, StoreCorrupt, StoreRefused
from models.artifacts import ArtifactRef

_ASKED_AT_ONCE = 8
_SENT_UNASKED_BYTES = 256 << 10  # sending so little takes no longer than asking whether it is there
_SUFFIXES = {
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "application/x-npy": ".npy",
    "video/x-matroska": ".mkv",
    "text/x-ass": ".ass",
    "text/vtt": ".vtt",
    "application/x-subrip": ".srt",
    "application/octet-stream": ".bin",
}


class ArtifactStore:
    """Content-addressed storage in a folder or under a URL of storage. Safe between threads and processes."""

    def __init__(self, url: str, *, cache_dir: Path, max_bytes: int | None = None) -> None:
        """Open the store at `url`; `cache_dir` holds local copies when the store is remote.

        Above `max_bytes` of blobs on this machine, those that were not used for longest are removed. Raises
        StoreRefused for a folder that cannot be used, and what `open_place` raises.
        """
        self.url = url.rstrip("/")
        folder = local_folder(url)
        self._remote = RemoteFolder(self.url) if folder is None else None
        self.root = folder or cache_dir
        try:
            self._workspace = Workspace(self.root / "tmp")
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(path=str(self.root), reason=error.strerror) from error
            raise StoreRefused(uri=str(self.root), reason=error.strerror) from error
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
        with _disk_full_named(path):
            if move and self._same_device(path):
                digest, part = sha256 or _sha256(path), path
            else:
                digest, part = self._copy(path)
            ref = self._ref(digest, part.stat().st_size, media_type)
            self._publish(part, ref)
        if move:
            path.unlink(missing_ok=True)
        if self._remote and (ref.size <= _SENT_UNASKED_BYTES or not self._is_fresh_there(ref)):
            self._remote.upload(self._local(ref), _blob_key(ref))
        return ref

    def has(self, ref: ArtifactRef) -> bool:
        """Return whether the blob exists and is what its name says; of a remote one only the size is looked at."""
        if self._remote:
            return self._remote.size(_blob_key(ref)) == ref.size
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

    @contextmanager
    def scratch(self) -> Generator[Path]:
        """Yield a new empty folder on the store's file system, removed on leaving."""
        folder = self._workspace.new_path()
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def record_path(self, key: str) -> Path | None:
        """Return the local file that holds the record `key`, or None when the store is remote."""
        return None if self._remote else self.root / _record_key(key)

    def has_record(self, key: str) -> bool:
        """Return whether there is a record `key`, without counting as a use."""
        return self.stat(_record_key(key)) is not None

    def read_record(self, key: str) -> bytes:
        """Return the bytes written under `key`, and note that they are in use. Raises FileNotFoundError."""
        name = _record_key(key)
        if self._remote:
            content, modified_s = self._remote.read_aged(name)
            if is_stale(modified_s):
                self._remote.write(name, content)
            return content
        content = (self.root / name).read_bytes()
        mark_used(self.root / name)
        return content

    def write_record(self, key: str, content: bytes) -> None:
        """Write or replace the record `key` in one step. Raises DiskFull."""
        if self._remote:
            self._remote.write(_record_key(key), content)
            return
        path = self.root / _record_key(key)
        part = self._workspace.new_path()
        with _disk_full_named(path):
            part.write_bytes(content)
            _rename_into_place(part, path)

    def create_record(self, key: str, content: bytes) -> bool:
        """Write the record `key` unless there is one, and return whether it did; of many at once, one does.

        Raises DiskFull.
        """
        if self._remote:
            return self._remote.create(_record_key(key), content)
        path = self.root / _record_key(key)
        part = self._workspace.new_path()
        with _disk_full_named(path):
            part.write_bytes(content)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.hardlink_to(part)
            except FileExistsError:
                return False
            finally:
                part.unlink()
        return True

    def list(self, folder: str) -> Iterator[Stored]:
        """Yield every file below `folder` (blobs or results) where the store itself lies."""
        return self._remote.list(folder) if self._remote else list_local(self.root, folder)

    def stat(self, key: str) -> Stored | None:
        """Return a file that `list` named as it is now, or None if it is gone."""
        return self._remote.stat(key) if self._remote else stat_local(self.root, key)

    def peek(self, key: str) -> bytes:
        """Return the bytes of a file that `list` named, without counting as a use. Raises FileNotFoundError."""
        return self._remote.read(key) if self._remote else (self.root / key).read_bytes()

    def digest(self, key: str) -> str:
        """Return the SHA-256 of a file that `list` named, read anew. Raises FileNotFoundError."""
        if self._remote:
            with Path(os.devnull).open("wb") as nowhere:
                return self._remote.download(key, nowhere)
        return _sha256(self.root / key)

    def export(self, key: str, path: Path) -> str:
        """Copy a file that `list` named to `path` and return its SHA-256. Raises FileNotFoundError, DiskFull."""
        with _disk_full_named(path), path.open("wb") as writer:
            if self._remote:
                return self._remote.download(key, writer)
            with (self.root / key).open("rb") as reader:
                return Sink(writer).copy(reader)

    def adopt(self, part: Path, key: str) -> None:
        """Give a file of this store's `scratch` the name that it has in another store."""
        if self._remote:
            self._remote.upload(part, key)
        else:
            _rename_into_place(part, self.root / key)

    def sweep(self, *, older_than_s: float, dry_run: bool = False) -> int:
        """Remove what uploads to a remote store that were cut off so long ago have left, and return their number.

        In a folder each process sweeps what those before it have left.
        """
        return self._remote.sweep(older_than_s=older_than_s, dry_run=dry_run) if self._remote else 0

    def remove(self, key: str) -> None:
        """Remove a file that `list` named."""
        if self._remote:
            self._remote.remove(key)
        else:
            (self.root / key).unlink(missing_ok=True)

    def _ref(self, digest: str, size: int, media_type: str) -> ArtifactRef:
        ref = ArtifactRef(uri=digest, sha256=digest, size=size, media_type=media_type)
        base = self.url if self._remote else str(self.root)
        return ref.model_copy(update={"uri": f"{base}/{_blob_key(ref)}"})

    def _local(self, ref: ArtifactRef) -> Path:
        return self.root / _blob_key(ref)

    def _is_fresh_there(self, ref: ArtifactRef) -> bool:
        """Return whether a remote store has the blob, and as young as one that is in use."""
        assert self._remote is not None
        there = self._remote.stat(_blob_key(ref))
        return there is not None and there.size == ref.size and not is_stale(there.modified_s)

    def _same_device(self, path: Path) -> bool:
        return path.stat().st_dev == self._workspace.new_path().parent.stat().st_dev

    def _copy(self, source: Path) -> tuple[str, Path]:
        part = self._workspace.new_path()
        try:
            with source.open("rb") as reader, part.open("wb") as writer:
                return Sink(writer).copy(reader), part
        except BaseException:
            part.unlink(missing_ok=True)
            raise

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
        final = self._local(ref)
        if self._is_whole(ref):
            part.unlink()
        else:
            _rename_into_place(part, final)
            self._proofs.note(final)
            self.shelf.added(ref.size)

    def _download(self, ref: ArtifactRef, final: Path) -> Path:
        """Fetch a blob that no other process has fetched meanwhile, from where an earlier attempt stopped."""
        assert self._remote is not None
        with _disk_full_named(final), self.parts.claim(ref.sha256) as part:
            if self._is_whole(ref):
                return final
            went_on = part.count > 0
            try:
                digest = self._remote.download(_blob_key(ref), part)
            except FileNotFoundError:
                raise StoreCorrupt(uri=ref.uri, reason="is missing from the store") from None
            if digest != ref.sha256:
                if part.count == ref.size and not went_on:  # not cut short on the way: damaged, to be made again
                    self._remote.remove(_blob_key(ref))
                part.restart()
                raise StoreCorrupt(uri=ref.uri, reason="its content does not match its name")
            _rename_into_place(part.finished(), final)
            self._proofs.note(final)
        self.shelf.added(ref.size)
        return final


def open_store() -> ArtifactStore:
    """Return the store that the settings name, opened once per process."""
    settings = get_settings()
    return _open(settings.store, settings.cache_dir, settings.cache_max_bytes)


@cache
def _open(url: str, cache_dir: Path, max_bytes: int | None) -> ArtifactStore:
    return ArtifactStore(url, cache_dir=cache_dir, max_bytes=max_bytes)


def _blob_key(ref: ArtifactRef) -> str:
    return f"blobs/{ref.sha256[:2]}/{ref.sha256}{_suffix(ref.media_type)}"


def _record_key(key: str) -> str:
    return f"results/{key[:2]}/{key}.json"


@cache
def _suffix(media_type: str) -> str:
    return _SUFFIXES.get(media_type) or mimetypes.guess_extension(media_type, strict=False) or ".bin"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rename_into_place(part: Path, final: Path) -> None:
    """Give a finished file its name, after its bytes are on the disk."""
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    final.parent.mkdir(parents=True, exist_ok=True)
    part.replace(final)


@contextmanager
def _disk_full_named(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(path=str(path), reason=error.strerror) from error
        raise
