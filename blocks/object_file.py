"""Files of object stores as sources, of those places that this installation reads from."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from blocks.driver_faults import faults, named_fault
from blocks.local_file import check_size
from blocks.places import STORE, open_place, service_of
from blocks.remote import copy_to, tag_of
from blocks.settings import Settings
from blocks.sinks import Sink
from engines.disk_space import is_disk_full
from engines.errors import (
    DownloadFailed,
    SourceNotFound,
    SourceRefused,
    StoreRefused,
    StoreUnknown,
    StoreUnreachable,
)


@dataclass(frozen=True)
class ObjectFile:
    """A file of an object store, or of any storage that has a URL, read with the keys of this installation."""

    uri: str
    settings: Settings

    @property
    def service(self) -> str | None:
        """The bucket or server."""
        return service_of(self.uri)

    def version(self) -> str | None:
        """Return the entity tag, or time of change and size.

        Raises SourceNotFound, SourceRefused, DownloadFailed.
        """
        with self._reached() as (fs, path):
            return tag_of(self._info(fs, path))

    @property
    def key(self) -> str:
        """The hash of the address."""
        return hashlib.sha256(self.uri.encode()).hexdigest()

    def download(self, writer: IO[bytes] | Sink) -> str:
        """Copy the object, or what a sink lacks of it.

        Raises SourceNotFound, SourceRefused, SourceTooLarge, DownloadFailed.
        """
        sink = Sink.of(writer)
        with self._reached() as (fs, path):
            info = self._info(fs, path)
            size, sink.version = int(info["size"]), tag_of(info)
            check_size(size, self.uri, self.settings)
            if sink.tag is None or sink.tag != sink.version or sink.count > size:
                sink.restart(sink.version)
            copy_to(sink, fs, path, etag=info.get("ETag"))
        if sink.count != size:
            raise DownloadFailed(source=self.uri, reason=f"{sink.count} of {size} bytes came")
        return sink.sha256

    def _info(self, fs: Any, path: str) -> dict[str, Any]:
        fs.invalidate_cache()
        found: dict[str, Any] = fs.info(path)
        if found.get("type") != "file":
            raise SourceNotFound(source=self.uri)
        return found

    @contextmanager
    def _reached(self) -> Generator[tuple[Any, str]]:
        check_place(self.uri, self.settings)
        with source_faults_named(self.uri):
            yield open_place(self.uri)


def of_operator(settings: Settings) -> Settings:
    """Return settings for files that the operator chose, not a sender."""
    return settings.model_copy(update={"allowed_buckets": None, "allowed_stores": None})


def check_place(uri: str, settings: Settings) -> None:
    """Raise SourceRefused for a file outside the buckets and object stores that this installation reads from."""
    name, _, path = uri.partition("://")[2].partition("/")
    if {".", ".."} & {name, *path.split("/")}:  # a request's address would lead to another bucket by them
        raise SourceRefused(source=uri, reason="`.` and `..` are no parts of an object's name")
    allowed = settings.allowed_stores if uri.startswith(STORE) else settings.allowed_buckets
    if allowed is not None and name not in allowed:
        raise SourceRefused(source=uri, reason="this installation does not read that bucket or store")


@contextmanager
def source_faults_named(uri: str) -> Generator[None]:
    """Give what storage raises inside the block the name that it has for a source."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceNotFound(source=uri) from error
    except StoreUnreachable as error:
        raise DownloadFailed(source=uri, reason=error.reason) from error
    except (StoreUnknown, StoreRefused) as error:
        raise SourceRefused(source=uri, reason=str(error)) from error
    except faults() as error:
        if is_disk_full(error):
            raise  # of the copy
        named = named_fault(error, uri)
        if isinstance(named, StoreRefused):
            raise SourceRefused(source=uri, reason=named.reason) from error
        raise DownloadFailed(source=uri, reason=named.reason) from error
