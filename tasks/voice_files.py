"""The files that a voice needs, such as a model: fetched into the store once, and again only when they changed."""

from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from blocks.settings import get_settings
from blocks.sources import RemoteOrLocalFile, locate
from blocks.store import ArtifactStore, open_store
from engines.errors import DownloadFailed, ServiceSuspended
from models.artifacts import ArtifactRef
from models.base import Model
from tasks.caching import stable_hash
from tasks.services import calling

_MEDIA_TYPE = "application/octet-stream"
_one_at_a_time = Lock()  # scenes that need the same model wait for the first to fetch it


class _Fetched(Model):
    version: str | None
    blob: ArtifactRef


def fetch_file(address: str) -> ArtifactRef:
    """Return the file at a path, https://… or s3://… in the store; the copy fetched last while its server is down.

    Raises SourceNotFound, SourceRefused, SourceTooLarge and, when there is no copy, DownloadFailed, ServiceSuspended.
    """
    store, file = open_store(), locate(address, get_settings())
    with _one_at_a_time:
        last = _last(store, address)
        try:
            with calling(file.service):
                version = file.version()
            if last and version and last.version == version:
                return last.blob
            fetched = _Fetched(version=version, blob=_download(file, store))
        except (DownloadFailed, ServiceSuspended):
            if last is None:
                raise
            return last.blob
        store.write_record(_key(address), fetched.model_dump_json().encode())
        return fetched.blob


def local_file(address: str) -> Path:
    """Return the path of a local copy of the file at an address. Raises what `fetch_file` raises."""
    return open_store().local_path(fetch_file(address))


def _download(file: RemoteOrLocalFile, store: ArtifactStore) -> ArtifactRef:
    with store.scratch() as folder:
        path = folder / "file"
        with path.open("wb") as writer, calling(file.service):
            digest = file.download(writer)
        return store.put(path, _MEDIA_TYPE, move=True, sha256=digest)


def _last(store: ArtifactStore, address: str) -> _Fetched | None:
    try:
        fetched = _Fetched.model_validate_json(store.read_record(_key(address)))
    except (FileNotFoundError, ValidationError):
        return None
    return fetched if store.has(fetched.blob) else None


def _key(address: str) -> str:
    return stable_hash(["voice file", address])
