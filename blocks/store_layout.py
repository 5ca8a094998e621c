"""How files are named in a store: blobs by the hash of their content, records of finished steps by their cache key."""

import mimetypes
from functools import cache

from models.artifacts import ArtifactRef

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


def blob_key(ref: ArtifactRef) -> str:
    """Return where a blob lies: blobs/ab/abcdef….png."""
    return f"blobs/{ref.sha256[:2]}/{ref.sha256}{_suffix(ref.media_type)}"


def record_key(key: str) -> str:
    """Return where the record of a finished step lies: results/ab/abcdef….json."""
    return f"results/{key[:2]}/{key}.json"


def digest_of(key: str) -> str:
    """Return the hash that a blob is named by."""
    return key.rpartition("/")[2].partition(".")[0]


@cache
def _suffix(media_type: str) -> str:
    return _SUFFIXES.get(media_type) or mimetypes.guess_extension(media_type, strict=False) or ".bin"
