"""Find and read the files of a batch: in a folder, by a glob, under an S3 prefix, or one file."""

import io
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from blocks.settings import Settings
from blocks.sources import check_bucket, locate, named_s3_error
from engines.errors import BatchInvalid, SourceNotFound

SPEC_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
MOST_FILES = 10_000
_S3 = "s3://"
_GLOB_CHARACTERS = "*?["


def list_files(source: str, settings: Settings) -> list[str]:
    """Return the addresses of a batch's files in order of their names.

    A folder or prefix gives the specs that lie directly in it; a glob what it matches; a file itself. Raises
    SourceNotFound, SourceRefused, DownloadFailed, BatchInvalid.
    """
    files = _s3_files(source, settings) if source.startswith(_S3) else _local_files(source, settings)
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
    return address.rpartition("/")[0] if address.startswith(_S3) else Path(address).parent


def is_spec(address: str) -> bool:
    """Return whether a file's name says that it is one spec."""
    return PurePosixPath(address).suffix.lower() in SPEC_SUFFIXES


def _local_files(source: str, settings: Settings) -> list[str]:
    path = Path(source).expanduser().absolute()
    if any(character in source for character in _GLOB_CHARACTERS) and not path.exists():
        fixed, pattern = _split_glob(path)
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


def _s3_files(source: str, settings: Settings) -> list[str]:
    check_bucket(source, settings)
    files: Any = fsspec.filesystem("s3")
    files.invalidate_cache()
    try:
        if any(character in source for character in _GLOB_CHARACTERS):
            found = [path for path, info in files.glob(source, detail=True).items() if info["type"] == "file"]
            return [_S3 + path for path in found]
        entries = [entry for entry in files.ls(source, detail=True) if entry["type"] == "file"]
    except (BotoCoreError, ClientError, OSError) as error:
        raise named_s3_error(error, source) from error
    itself = source.removeprefix(_S3)
    return [_S3 + entry["name"] for entry in entries if entry["name"] == itself or _is_wanted(_name(entry["name"]))]


def _is_wanted(name: str) -> bool:
    return is_spec(name) and not name.startswith(".")


def _name(path: str) -> str:
    return path.rpartition("/")[2]
