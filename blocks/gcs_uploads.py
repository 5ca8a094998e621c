"""What publishing to Google Cloud Storage needs beyond any file system: content type, caching and labels."""

from pathlib import Path
from typing import Any

from blocks.labels import metadata
from models.destination import Labels


def upload(fs: Any, source: Path, key: str, labels: Labels) -> None:
    """Upload a file. Raises what the client raises."""
    fs.put_file(
        str(source),
        key,
        metadata=metadata(labels),
        content_type=labels.media_type,
        fixed_key_metadata={"cache_control": labels.cache_control},
    )


def write(fs: Any, content: bytes, key: str, media_type: str) -> None:
    """Put or replace a small file that is always asked for anew."""
    fs.pipe_file(key, content, content_type=media_type, fixed_key_metadata={"cache_control": "no-cache"})


def is_there(fs: Any, key: str, labels: Labels, *, size: int) -> bool:
    """Return whether the object is there with this content, type and caching: it was verified when it was uploaded."""
    try:
        info = fs.info(key)
    except FileNotFoundError:
        return False
    kept, wanted = info.get("metadata", {}), metadata(labels)
    found = (info["size"], kept.get("sha256"), kept.get("title"), info.get("contentType"), info.get("cacheControl"))
    return found == (size, labels.sha256, wanted["title"], labels.media_type, labels.cache_control)
