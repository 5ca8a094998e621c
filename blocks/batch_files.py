"""Find and read the files of a batch: in a folder, by a glob, under a prefix of storage, or one file."""

import io
from pathlib import Path, PurePosixPath
from typing import Any

from blocks.object_file import check_place, source_faults_named
from blocks.places import STORE, open_place
from blocks.settings import Settings
from blocks.sources import S3, locate
from engines.errors import BatchInvalid, SourceNotFound, SourceRefused

SPEC_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
MOST_FILES = 10_000
_GLOB_CHARACTERS = "*?["


def list_files(source: str, settings: Settings) -> list[str]:
    """Return the addresses of a batch's files in order of their names.

    A folder or prefix gives the specs that lie directly in it; a glob what it matches; a file itself. Raises
    SourceNotFound, SourceRefused, DownloadFailed, BatchInvalid.
    """
    files = _stored_files(source, settings) if source.startswith((S3, STORE)) else _local_files(source, settings)
    if len(files) > MOST_FILES:
        raise BatchInvalid(
            source=source, reason=f"holds {len(files):,} files, more than the {MOST_FILES:,} of one batch"
        )
    return sorted(files)


def read_file(address: str, settings: Settings, *, most_bytes: int) -> bytes:
    """Return a file's bytes. Raises SourceNotFound, SourceRefused, SourceTooLarge, DownloadFailed."""
    content = io.BytesIO()
    locate(address, settings.model_copy(update={"max_source_bytes": most_bytes})).download(content)
    return content.getvalue()


def base_of(address: str) -> Path | str:
    """Return the folder, or the URL of the prefix, that relative paths in a file start from."""
    return address.rpartition("/")[0] if address.startswith((S3, STORE)) else Path(address).parent


def is_spec(address: str) -> bool:
    """Return whether a file's name says that it is one spec."""
    return PurePosixPath(address).suffix.lower() in SPEC_SUFFIXES


def _local_files(source: str, settings: Settings) -> list[str]:
    path = Path(source).expanduser().absolute()
    if any(character in source for character in _GLOB_CHARACTERS) and not path.exists():
        fixed, pattern = _split_glob(path)
        if ".." in pattern.split("/"):  # of which the system would name files that may not be read
            raise SourceRefused(source=source, reason="a part with wildcards may have no `..` behind it")
        locate(str(fixed), settings)  # refuses what may not be read
        return [str(found) for found in fixed.glob(pattern) if found.is_file()]
    locate(str(path), settings)
    if path.is_dir():
        return [str(found) for found in path.iterdir() if _is_wanted(found.name) and found.is_file()]
    if not path.exists():
        raise SourceNotFound(source=source)
    return [str(path)]


def _split_glob(path: Path) -> tuple[Path, str]:
    """Return the folder in front of the first part with a wildcard, and the rest."""
    parts = path.parts
    first = next(index for index, part in enumerate(parts) if any(char in part for char in _GLOB_CHARACTERS))
    return Path(*parts[:first]), "/".join(parts[first:])


def _stored_files(source: str, settings: Settings) -> list[str]:
    check_place(source, settings)
    with source_faults_named(source):
        fs, path = open_place(source)
        fs.invalidate_cache()
        if any(character in source for character in _GLOB_CHARACTERS):
            found = [name for name, info in fs.glob(path, detail=True).items() if info["type"] == "file"]
        else:
            found = _listed(fs, path)
    scheme, _, rest = source.partition("://")
    root = f"{scheme}://{rest.partition('/')[0]}/"
    base = open_place(root)[1].strip("/")
    return [root + name.strip("/").removeprefix(base).lstrip("/") for name in found]


def _listed(fs: Any, path: str) -> list[str]:
    """Return the specs in a folder, or the file itself, which some file systems do not list."""
    try:
        entries = [entry["name"] for entry in fs.ls(path, detail=True) if entry["type"] == "file"]
    except (FileNotFoundError, NotADirectoryError):
        if fs.isfile(path):
            return [path]
        raise
    return [name for name in entries if name == path.rstrip("/") or _is_wanted(_name(name))]


def _is_wanted(name: str) -> bool:
    return is_spec(name) and not name.startswith(".")


def _name(path: str) -> str:
    return path.rpartition("/")[2]
