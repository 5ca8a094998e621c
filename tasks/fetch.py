"""Fetching sources: bytes from anywhere into the store, looked at once, fetched again only when they changed."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from prefect.context import TaskRunContext
from prefect.logging import get_run_logger

from blocks.settings import Settings, get_settings
from blocks.sources import RemoteOrLocalFile, locate
from blocks.store import ArtifactStore, open_store
from engines.errors import DownloadFailed, NeuroShortsError, ServiceSuspended
from engines.visuals.probe import probe
from models.media import MediaInfo, MediaKind, Source
from tasks.caching import StepCache
from tasks.downloads import fetch_once, last_fetched
from tasks.retries import step
from tasks.services import calling

_COLOR = "color:"


@dataclass
class SourceCache(StepCache):
    """Counts a source's version (entity tag, time of change) and the limits among the inputs, read anew in every run.

    There is no key when the version cannot be told: the step then runs, and finds out why or fetches again.
    """

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: object
    ) -> str | None:
        """Return the key of the source as it is now, or None."""
        version = _version(inputs["uri"])
        if version is None:
            return None
        return super().compute_key(
            task_ctx, {**inputs, "version": version, "limits": get_settings().media_limits}, flow_parameters
        )


# The run is named by who needs the source, not by its address, whose query may hold a secret.
@step(version=1, cache=SourceCache, run_name="fetch_asset: {used_by}", exclude=("used_by",))
def fetch_asset(uri: str, used_by: str) -> Source:
    """Return the source at `uri`, its bytes in the store: a path, https://…, s3://…, store://NAME/…, assets:NAME
    or color:#RRGGBB.

    When its server cannot be reached or is left alone for a while, the copy fetched last is used. Raises
    SourceNotFound, SourceRefused, SourceTooLarge, SourceUnreadable and, when there is no copy, DownloadFailed or
    ServiceSuspended.
    """
    if uri.startswith(_COLOR):
        return Source(uri=uri, info=MediaInfo(kind=MediaKind.COLOR))
    settings, store = get_settings(), open_store()
    file = locate(uri, settings)
    try:
        return fetch_file(file, store, settings)
    except (DownloadFailed, ServiceSuspended) as failure:
        last = last_fetched(file, store, limits=settings.media_limits)
        if last is None or last.info is None:
            raise
        get_run_logger().warning("%s; using the copy fetched last", failure)
        return Source(uri=file.uri, info=last.info, blob=last.blob)


def _version(uri: str) -> str | None:
    if uri.startswith(_COLOR):
        return uri
    try:
        file = locate(uri, get_settings())
        with calling(file.service):
            return file.version()
    except NeuroShortsError:
        return None  # the step meets the same failure, and is the place to report it


def fetch_file(file: RemoteOrLocalFile, store: ArtifactStore, settings: Settings) -> Source:
    """Return a file's content in the store and what it is. Raises what `fetch_asset` does."""
    limits = settings.media_limits
    fetched = fetch_once(file, store, look=partial(probe, source=file.uri, limits=limits), limits=limits)
    assert fetched.info is not None
    return Source(uri=file.uri, info=fetched.info, blob=fetched.blob)
