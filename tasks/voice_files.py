"""The files that a voice needs, such as a model: fetched into the store once, and again only when they changed."""

from pathlib import Path

from blocks.settings import get_settings
from blocks.sources import locate
from blocks.store import open_store
from engines.errors import DownloadFailed, ServiceSuspended
from models.artifacts import ArtifactRef
from tasks.downloads import fetch_once, last_fetched


def fetch_file(address: str) -> ArtifactRef:
    """Return the file at an address of a source in the store; the copy fetched last while its server is down.

    Raises SourceNotFound, SourceRefused, SourceTooLarge and, when there is no copy, DownloadFailed, ServiceSuspended.
    """
    store, file = open_store(), locate(address, get_settings())
    try:
        return fetch_once(file, store).blob
    except (DownloadFailed, ServiceSuspended):
        last = last_fetched(file, store)
        if last is None:
            raise
        return last.blob


def local_file(address: str) -> Path:
    """Return the path of a local copy of the file at an address. Raises what `fetch_file` raises."""
    return open_store().local_path(fetch_file(address))
