"""Where a source's bytes come from: each kind of address knows its version and how to hand over its content."""

from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from blocks.local_file import LocalFile
from blocks.object_file import ObjectFile, check_place, of_operator, source_faults_named
from blocks.places import STORE, local_folder, open_place
from blocks.settings import Settings
from blocks.sinks import Sink
from blocks.web import WebFile
from engines.errors import (
    SourceNotFound,
    SourceRefused,
)

ASSETS_DIR = Path(__file__).resolve().parent.parent / "assets"
_ASSET = "assets:"
S3 = "s3://"


class RemoteOrLocalFile(Protocol):
    """A file somewhere."""

    @property
    def uri(self) -> str:
        """The address, absolute, as people may see it."""

    @property
    def service(self) -> str | None:
        """The outside service that serves it, as a circuit breaker knows it, or None."""

    @property
    def key(self) -> str:
        """What it is known by where addresses must not be told: 64 hexadecimal digits."""

    def version(self) -> str | None:
        """Return what changes when the content does, or None if nothing tells. Raises what `download` raises."""

    def download(self, writer: IO[bytes] | Sink) -> str:
        """Write the content, or to a sink what it lacks of it, and return the SHA-256 of the whole.

        Raises SourceNotFound, SourceRefused, SourceTooLarge, DownloadFailed.
        """


def locate(address: str, settings: Settings) -> RemoteOrLocalFile:
    """Return the file that an address names: a path, https://…, s3://…, store://NAME/… or assets:NAME.

    Raises SourceNotFound, SourceRefused.
    """
    if address.startswith(("http://", "https://")):
        return WebFile(address, settings)
    if address.startswith((S3, STORE)):
        return stored_file(address, settings)
    if address.startswith(_ASSET):
        return _asset(address, settings)
    path = _allowed_path(address, settings)
    return LocalFile(path, str(path), settings, resolved=True)


def stored_file(uri: str, settings: Settings) -> RemoteOrLocalFile:
    """Return the file at an address of storage, which may be a folder of this machine. Raises SourceRefused."""
    if not uri.startswith(STORE):
        return ObjectFile(uri, settings)
    check_place(uri, settings)
    with source_faults_named(uri):
        path, root = local_folder(uri), local_folder(STORE + uri.removeprefix(STORE).partition("/")[0])
    if path is None or root is None:
        return ObjectFile(uri, settings)
    if not path.resolve().is_relative_to(root.resolve()):
        raise SourceRefused(source=uri, reason="leads out of the store")
    return LocalFile(path, uri, settings)


def _allowed_path(address: str, settings: Settings) -> Path:
    try:
        path = Path(address).expanduser().resolve()
    except (RuntimeError, ValueError, OSError) as error:  # no such user, a NUL byte, a loop of links
        raise SourceRefused(source=address, reason=str(error)) from error
    roots = settings.allowed_roots
    if roots is not None:
        roots = (*roots, settings.music, settings.brands_dir)
    if roots is not None and not any(path.is_relative_to(root.expanduser().resolve()) for root in roots):
        raise SourceRefused(source=address, reason="outside the folders that this installation reads from")
    return path


def _asset(address: str, settings: Settings) -> RemoteOrLocalFile:
    """Return an asset, named with or without its suffix: the project's own, one that comes along, or the library's."""
    name = address.removeprefix(_ASSET)
    for root in (settings.assets.expanduser().resolve(), ASSETS_DIR):
        if path := _asset_path(root, name, address):
            return LocalFile(path, address, settings, resolved=True)
    if library := settings.assets_library:
        return _library_asset(library, name, address, settings)
    raise SourceNotFound(source=address)


def _library_asset(library: str, name: str, address: str, settings: Settings) -> RemoteOrLocalFile:
    place = f"{library.rstrip('/')}/{name}"
    with source_faults_named(address):
        if root := local_folder(library):
            if own := _asset_path(root.resolve(), name, address):
                return LocalFile(own, address, settings)
            raise SourceNotFound(source=address)
        if ".." in PurePosixPath(name).parts:
            raise SourceRefused(source=address, reason="outside the assets")
        fs, path = open_place(place)
        fs.invalidate_cache()
        if not fs.isfile(path):
            beside = sorted(fs.ls(path.rpartition("/")[0], detail=False))
            suffix = next((each.suffix for each in map(PurePosixPath, beside) if each.stem == _last(path)), None)
            if suffix is None:
                raise SourceNotFound(source=address)
            place += suffix
    return ObjectFile(place, of_operator(settings))


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _asset_path(root: Path, name: str, address: str) -> Path | None:
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise SourceRefused(source=address, reason="outside the assets")
    if path.is_file():
        return path
    alike = sorted(other for other in path.parent.glob("*") if other.stem == path.name and other.is_file())
    return next((other for other in alike if other.resolve().is_relative_to(root)), None)
