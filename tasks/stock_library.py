"""Find and look at the user's own pictures and clips."""

from prefect.logging import get_run_logger

from blocks.local_file import LocalFile
from blocks.picture_library import LibraryFile, library_service, read_library
from blocks.settings import Settings
from blocks.store import ArtifactStore
from engines.errors import SourceNotFound, SourceRefused, SourceTooLarge, SourceUnreadable
from engines.stock.keywords import LEAST_SCORE, score
from engines.visuals.fingerprint import fingerprint
from engines.visuals.probe import probe, require_visual
from models.credits import Credit
from models.stock import Rendition, StockItem, StockProvider, StockSearch
from tasks.caching import stable_hash
from tasks.services import calling

MOST_LOOKED_AT = 16


def own_items(search: StockSearch, settings: Settings, store: ArtifactStore) -> list[StockItem]:
    """Return the files of the library whose name or keywords fit the query, the best fitting first.

    Raises what `read_library` does.
    """
    with calling(library_service(settings)):
        library = read_library(settings)
    scored = [(score(search.query, (each.name, each.row.get("keywords", ""))), each) for each in library.files]
    fitting = sorted(
        (each for each in scored if each[0] >= LEAST_SCORE and each[1].kind in search.kinds),
        key=lambda each: (-each[0], search.kinds.index(each[1].kind), each[1].name),
    )
    looked = (_looked_at(file, settings, store) for _, file in fitting[:MOST_LOOKED_AT])
    return [item for item in looked if item and item.kind in search.kinds]


def _looked_at(file: LibraryFile, settings: Settings, store: ArtifactStore) -> StockItem | None:
    """Return a file as an item, or None if it cannot be used. Each version of a file is looked at once."""
    key = stable_hash(["library", file.file.uri, file.version])
    try:
        item = StockItem.model_validate_json(store.read_record(key))
    except FileNotFoundError:
        try:
            item = _look(file, settings, store)
        except (SourceNotFound, SourceRefused, SourceTooLarge, SourceUnreadable) as failure:
            get_run_logger().warning("left out of the library: %s", failure)
            return None
        store.write_record(key, item.model_dump_json().encode())
    return item.model_copy(update={"credit": _credit(file)})


def _look(file: LibraryFile, settings: Settings, store: ArtifactStore) -> StockItem:
    uri, limits = file.file.uri, settings.media_limits
    with store.scratch() as folder:
        path = folder / "file"
        if isinstance(file.file, LocalFile):
            path = file.file.path
        else:
            with path.open("wb") as writer, calling(file.file.service):
                file.file.download(writer)
        info = probe(path, source=uri, limits=limits)
        require_visual(info, uri)
        seen = fingerprint(path, source=uri, limits=limits)
    return StockItem(
        provider=StockProvider.LIBRARY,
        item_id=file.name,
        kind=info.kind,
        width_px=info.width_px,
        height_px=info.height_px,
        duration_ms=info.duration_ms,
        renditions=(Rendition(url=uri, width_px=info.width_px, height_px=info.height_px),),
        fingerprint=seen,
        version=file.version,
        credit=_credit(file),
    )


def _credit(file: LibraryFile) -> Credit:
    said = {name: file.row.get(name, "") for name in ("author", "author_url", "page_url", "licence", "licence_url")}
    return Credit(provider="library", item_id=file.name, **said)
