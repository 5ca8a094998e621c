"""Files from outside in the store: fetched once by all who want them now, and again only when they changed."""

import time
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from blocks.sources import RemoteOrLocalFile
from blocks.store import ArtifactStore
from models.artifacts import ArtifactRef
from models.base import Model
from models.media import MediaInfo, MediaLimits
from tasks.caching import stable_hash
from tasks.services import calling

_UNKNOWN_MEDIA_TYPE = "application/octet-stream"  # what a source is, its content tells; its name decides nothing
Look = Callable[[Path], MediaInfo]


class Fetched(Model):
    """What was fetched last: its version, and what it is if it was looked at."""

    version: str | None
    blob: ArtifactRef
    info: MediaInfo | None = None
    fetched_s: float


def fetch_once(
    file: RemoteOrLocalFile, store: ArtifactStore, *, look: Look | None = None, limits: MediaLimits | None = None
) -> Fetched:
    """Return a file's content in the store. `look` tells what it is, and refuses it by raising.

    Whoever wants the same file meanwhile, in this process or another of this machine, waits and gets the same content.
    A download that is cut off goes on from there the next time. Raises what the file and `look` raise.
    """
    asked_s = time.time()
    with store.parts.claim(file.key) as part:
        last = last_fetched(file, store, limits=limits)
        if last and (last.fetched_s >= asked_s or _is_current(last, file)):
            return last
        with calling(file.service):
            digest = file.download(part)
        with store.scratch() as folder:
            path = part.linked(folder / "source")
            info = look(path) if look else None
            blob = store.put(path, _UNKNOWN_MEDIA_TYPE, move=True, sha256=digest)
        fetched = Fetched(version=part.version, blob=blob, info=info, fetched_s=time.time())
        store.write_record(_key(file, limits), fetched.model_dump_json().encode())
    return fetched


def last_fetched(file: RemoteOrLocalFile, store: ArtifactStore, *, limits: MediaLimits | None = None) -> Fetched | None:
    """Return what was fetched last, if it is still in the store."""
    try:
        fetched = Fetched.model_validate_json(store.read_record(_key(file, limits)))
    except (FileNotFoundError, ValidationError):
        return None
    return fetched if store.has(fetched.blob) else None


def _is_current(last: Fetched, file: RemoteOrLocalFile) -> bool:
    if last.version is None:
        return False
    with calling(file.service):
        return file.version() == last.version


def _key(file: RemoteOrLocalFile, limits: MediaLimits | None) -> str:
    return stable_hash(["fetched", file.key, limits])
