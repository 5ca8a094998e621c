"""Search the installation's own library and the stock providers for what a scene asks for."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from prefect.context import TaskRunContext
from prefect.logging import get_run_logger

from blocks import pexels, pixabay
from blocks.keys import key_help, read_key
from blocks.pexels import Pexels
from blocks.picture_library import library_service, read_library
from blocks.pixabay import Pixabay
from blocks.settings import Settings, get_settings
from blocks.store import ArtifactStore, open_store
from blocks.web import WebFile
from engines.errors import (
    NeuroShortsError,
    NothingConfigured,
    NothingFound,
    ServiceFailed,
    ServiceRefused,
    ServiceSuspended,
    TransientError,
    UserError,
)
from engines.stock.choice import suits
from engines.visuals.fingerprint import fingerprint
from models.media import MediaKind
from models.stock import Shape, StockFound, StockItem, StockProvider, StockSearch
from tasks.caching import StepCache
from tasks.retries import step
from tasks.services import calling, is_paused, pause
from tasks.stock_library import own_items

Client = Pexels | Pixabay

POOL = 24  # items of one search that scenes choose from
SPARE = 6  # beyond one for each scene, since some look alike or are too short
MOST_PAGES = 3
_PREVIEW_LIMITS = {"max_source_bytes": 4_000_000, "download_timeout_s": 20.0, "read_timeout_s": 10.0}
_PREVIEWS_AT_ONCE = 8
_CANVAS_PX = {Shape.PORTRAIT: (1080, 1920), Shape.SQUARE: (1080, 1080), Shape.LANDSCAPE: (1920, 1080)}


@dataclass
class SearchCache(StepCache):
    """Counts among the inputs who may be asked, and what is in the user's own library now."""

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: object
    ) -> str | None:
        """Return the key, or None where the library cannot be read: the step then says why."""
        settings = get_settings()
        try:
            with calling(library_service(settings)):
                library = read_library(settings).version
        except NeuroShortsError:
            return None
        counted = {**inputs, "library": library, "providers": settings.stock_providers}
        return super().compute_key(task_ctx, counted, flow_parameters)


@step(version=1, cache=SearchCache, run_name="search_stock: {used_by}", exclude=("used_by",))
def search_stock(search: StockSearch, count: int, used_by: str) -> StockFound:
    """Return what there is for a search in a short of `count` stock scenes: of the own library, then of each provider.

    A provider is asked only while there is not enough for all of them, and some to spare. Raises NothingConfigured,
    NothingFound, ServiceRefused, ServiceFailed, ServiceSuspended.
    """
    settings, store = get_settings(), open_store()
    items = own_items(search, settings, store) if StockProvider.LIBRARY in settings.stock_providers else []
    if len(items) < count:
        failures: list[NeuroShortsError] = []
        clients = _clients(settings)
        found = _gathered(clients, search, least=count - len(items), failures=failures)
        items += _with_fingerprints(found[: max(POOL, count + SPARE)], settings, store)
        if len(items) < count and failures:  # an answer with less than there is would stay in the cache
            raise next((failure for failure in failures if isinstance(failure, TransientError)), failures[0])
        if not items:
            raise _nothing(search, [client.api.service for client in clients], settings)
    return StockFound(search=search, providers=settings.stock_providers, items=tuple(items))


def client_of(provider: StockProvider, settings: Settings) -> Client | None:
    """Return the client of a provider, or None without a key."""
    match provider:
        case StockProvider.PEXELS:
            key = read_key(settings.pexels_api_key, block=pexels.KEY_BLOCK)
            return Pexels.open(key, settings, key_help=_help(provider)) if key else None
        case StockProvider.PIXABAY:
            key = read_key(settings.pixabay_api_key, block=pixabay.KEY_BLOCK)
            return Pixabay.open(key, settings, key_help=_help(provider)) if key else None
        case _:
            return None


def _clients(settings: Settings) -> list[Client]:
    found = (client_of(provider, settings) for provider in settings.stock_providers)
    return [client for client in found if client]


def _help(provider: StockProvider) -> str:
    module = pexels if provider is StockProvider.PEXELS else pixabay
    return key_help(module.KEY_SETTING, block=module.KEY_BLOCK)


def _gathered(
    clients: Sequence[Client], search: StockSearch, *, least: int, failures: list[NeuroShortsError]
) -> list[StockItem]:
    """Return items, the suiting ones first; failures are put by.

    Kind by kind, provider by provider (one that is paused last) and page by page, until there are enough that suit, and
    some to spare; then, where there are fewer than `least` at all, those of another orientation.
    """
    items: dict[str, StockItem] = {}
    able = list(clients)
    for any_shape, kind in product((False, True), search.kinds):
        for client in sorted(able, key=lambda each: is_paused(each.api.service)):
            if any_shape and (len(items) >= least or kind not in client.oriented):
                continue
            try:
                for page in _pages(client, search, kind, any_shape):
                    items |= {item.name: item for item in page if item.name not in items}
                    if sum(_suits(item, search) for item in items.values()) >= least + SPARE:
                        return _suiting_first(items.values(), search)
            except (ServiceFailed, ServiceRefused, ServiceSuspended) as failure:
                get_run_logger().warning("%s", failure)
                failures.append(failure)
                able.remove(client)
    return _suiting_first(items.values(), search)


def _suiting_first(items: Iterable[StockItem], search: StockSearch) -> list[StockItem]:
    return sorted(items, key=lambda item: not _suits(item, search))


def _suits(item: StockItem, search: StockSearch) -> bool:
    return suits(item, search, canvas_px=_CANVAS_PX[search.shape])


def _pages(client: Client, search: StockSearch, kind: MediaKind, any_shape: bool) -> Iterator[list[StockItem]]:
    for number in range(1, MOST_PAGES + 1):
        with calling(client.api.service):
            answer, is_more = client.search(search, kind, page=number, per_page=POOL, any_shape=any_shape)
        pause(client.api.service, answer.pause_s)
        yield answer.data
        if not is_more:
            return


def _with_fingerprints(items: Sequence[StockItem], settings: Settings, store: ArtifactStore) -> list[StockItem]:
    """Return the items with the hashes of their previews, which are fetched several at once."""
    with store.scratch() as folder, ThreadPoolExecutor(_PREVIEWS_AT_ONCE) as pool:
        paths = [folder / str(number) for number in range(len(items))]
        jobs = [
            pool.submit(copy_context().run, _fingerprint, item, path, settings)
            for item, path in zip(items, paths, strict=True)
        ]
        hashes = [job.result() for job in jobs]
    return [item.model_copy(update={"fingerprint": each}) for item, each in zip(items, hashes, strict=True)]


def _fingerprint(item: StockItem, path: Path, settings: Settings) -> str | None:
    """Return the hash of an item's preview, or None where there is none to be had."""
    if not item.preview_url:
        return None
    small = settings.model_copy(update=_PREVIEW_LIMITS)
    preview = WebFile(item.preview_url, small)
    try:
        with path.open("wb") as writer, calling(preview.service):
            preview.download(writer)
        return fingerprint(path, source=preview.uri, limits=small.media_limits)
    except (UserError, TransientError) as failure:
        get_run_logger().warning("%s has no preview: %s", item.name, failure)
        return None


def _nothing(search: StockSearch, asked: Sequence[str], settings: Settings) -> UserError:
    source = f"stock:{search.query}"
    if not asked and not settings.stock_library:
        helps = [_help(each) for each in settings.stock_providers if each is not StockProvider.LIBRARY]
        remedy = "; or ".join([*helps, "let NEUROSHORTS_STOCK_LIBRARY name a folder of your own"])
        return NothingConfigured(source=source, remedy=remedy)
    own = ["the own library"] if settings.stock_library else []
    return NothingFound(source=source, asked=f"asked: {', '.join([*own, *asked])}")
