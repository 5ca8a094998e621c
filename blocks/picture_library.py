"""The installation's own pictures and clips: a folder or a bucket, and what an index file says of them."""

import csv
import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from blocks.local_file import LocalFile
from blocks.object_file import of_operator, source_faults_named
from blocks.places import local_folder, open_place, service_of
from blocks.remote import tag_of
from blocks.settings import Settings
from blocks.sources import RemoteOrLocalFile, stored_file
from engines.errors import NothingConfigured, PresetInvalid
from models.media import MediaKind

INDEX = "index.csv"
MOST_FILES = 20_000
_MOST_INDEX_BYTES = 5_000_000
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp"})
_CLIPS = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".gif"})


@dataclass(frozen=True)
class LibraryFile:
    """One file of the library: where it is, what its name suggests, and the index's row on it."""

    name: str
    version: str
    kind: MediaKind
    file: RemoteOrLocalFile = field(compare=False)
    row: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class PictureLibrary:
    """A listing of the library, as it is now."""

    files: tuple[LibraryFile, ...]

    @property
    def version(self) -> str:
        """What changes when a file or the index does."""
        told = sorted((each.name, each.version, sorted(each.row.items())) for each in self.files)
        return hashlib.sha256(repr(told).encode()).hexdigest()


def library_service(settings: Settings) -> str | None:
    """Return the outside service that holds the library, or None for a folder or no library."""
    return service_of(settings.stock_library) if settings.stock_library else None


def read_library(settings: Settings) -> PictureLibrary:
    """Return what is in the library; nothing when none is configured. Symbolic links are not followed.

    Raises NothingConfigured for a folder that is not there, PresetInvalid for an index that cannot be read, and for a
    bucket SourceNotFound, SourceRefused, DownloadFailed.
    """
    place = settings.stock_library
    if not place:
        return PictureLibrary(())
    with source_faults_named(place):
        folder = local_folder(place)
    listing = _in_store(place, settings) if folder is None else _in_folder(folder, settings)
    files, rows = [], {}
    for name, version, file in listing:
        if name == INDEX:
            rows = _index(file, f"{place}/{INDEX}")
        elif kind := _kind_of(name):
            files.append((name, version, kind, file))
        if len(files) >= MOST_FILES:
            break
    return PictureLibrary(
        tuple(
            LibraryFile(name, version, kind, file, rows.get(name, {}))
            for name, version, kind, file in sorted(files, key=lambda each: each[0])
        )
    )


def open_file(address: str, settings: Settings) -> RemoteOrLocalFile:
    """Return a file of the library by its path or its address in storage."""
    if "://" in address:
        return stored_file(address, of_operator(settings))
    return LocalFile(Path(address), address, settings)


def _in_folder(root: Path, settings: Settings) -> Iterator[tuple[str, str, RemoteOrLocalFile]]:
    if not root.is_dir():
        raise NothingConfigured(source="stock:", remedy=f"NEUROSHORTS_STOCK_LIBRARY is no folder: {root}")
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink() and not name.startswith("."):
                status = path.stat()
                version = f"{status.st_size} {status.st_mtime_ns}"
                yield path.relative_to(root).as_posix(), version, open_file(str(path), settings)


def _in_store(place: str, settings: Settings) -> Iterator[tuple[str, str, RemoteOrLocalFile]]:
    with source_faults_named(place):
        fs, root = open_place(place)
        fs.invalidate_cache()
        found = fs.find(root, detail=True)
    base = root.strip("/")
    for key, info in sorted(found.items()):
        if info.get("type") == "file":
            name = key.strip("/").removeprefix(base).lstrip("/")
            yield name, tag_of(info) or str(info["size"]), open_file(f"{place.rstrip('/')}/{name}", settings)


def _kind_of(name: str) -> MediaKind | None:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _PICTURES:
        return MediaKind.IMAGE
    return MediaKind.VIDEO if suffix in _CLIPS else None


def _index(file: RemoteOrLocalFile, shown: str) -> dict[str, dict[str, str]]:
    """Return the rows of index.csv by file: keywords, author, author_url, page_url, licence, licence_url."""
    content = io.BytesIO()
    file.download(content)
    if content.tell() > _MOST_INDEX_BYTES:
        raise PresetInvalid(path=shown, reason=f"larger than {_MOST_INDEX_BYTES:,} bytes")
    try:
        reader = csv.DictReader(io.StringIO(content.getvalue().decode("utf-8-sig")))
        rows = [{key: value.strip() for key, value in row.items() if key and isinstance(value, str)} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise PresetInvalid(path=shown, reason=f"should be a CSV file in UTF-8: {error}") from None
    if rows and "file" not in rows[0]:
        raise PresetInvalid(path=shown, reason="should have a column `file`")
    return {row["file"]: row for row in rows if row.get("file")}
