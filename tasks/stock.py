"""Give every scene with a stock visual its own picture or clip, and fetch it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prefect.context import TaskRunContext
from prefect.logging import get_run_logger
from pydantic import ValidationError

from blocks.picture_library import open_file
from blocks.settings import Settings, get_settings
from blocks.sources import RemoteOrLocalFile
from blocks.store import open_store
from blocks.web import WebFile
from engines.errors import (
    NeuroShortsError,
    ServiceRefused,
    SourceNotFound,
    SourceRefused,
    SourceTooLarge,
    SourceUnreadable,
)
from engines.stock.choice import best_rendition, choose
from engines.visuals.probe import require_visual
from models.media import Source
from models.stock import Shape, StockFound, StockItem, StockPick, StockPicks, StockProvider, StockWant
from tasks.caching import StepCache, stable_hash
from tasks.errors import SceneError
from tasks.fetch import fetch_file
from tasks.retries import step
from tasks.services import calling, pause
from tasks.stock_search import client_of

_UNUSABLE = (SourceNotFound, SourceRefused, SourceTooLarge, SourceUnreadable, ServiceRefused)


@step(version=1, run_name="choose_stock", exclude=("kept",))
def choose_stock(
    wants: tuple[StockWant, ...],
    found: list[StockFound],
    kept: StockPicks,
    canvas_px: tuple[int, int],
    named: tuple[str, ...],
) -> StockPicks:
    """Return a pick for every scene with a stock visual; no two look the same, and none is a file named elsewhere.

    `kept` is what the scenes of this short had before: of equal inputs the first choice stays. Raises SceneError.
    """
    return StockPicks(picks=choose(wants, found, kept=kept.picks, canvas_px=canvas_px, named=named))


@dataclass
class PickCache(StepCache):
    """Finds a fetched item by its name and rendition: stock never changes, so no server is asked on a second run."""

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: object
    ) -> str | None:
        """Return the key of the item that the scene gets."""
        item = inputs["picks"].of(inputs["number"], inputs["place"]).item
        size = best_rendition(item, canvas_px=inputs["filled_px"])
        limits = get_settings().media_limits
        counted = {
            "item": item.name,
            "version": item.version,
            "size": (size.width_px, size.height_px),
            "limits": limits,
        }
        return super().compute_key(task_ctx, counted, flow_parameters)


@step(version=1, cache=PickCache, run_name="fetch_stock: scene {number} of {total}")
def fetch_stock(picks: StockPicks, filled_px: tuple[int, int], number: int, total: int, place: int = 0) -> Source:
    """Return the item of a place in the scene with its credit, or one kept in reserve for it when it is gone.

    Raises SceneError, DownloadFailed, ServiceFailed, ServiceSuspended.
    """
    settings, pick = get_settings(), picks.of(number, place)
    failures: list[NeuroShortsError] = []
    for item in (pick.item, *pick.spares):
        try:
            return _fetched(item, filled_px, settings)
        except _UNUSABLE as failure:
            get_run_logger().warning("%s cannot be used: %s", item.name, failure)
            failures.append(failure)
    raise SceneError(scene=number, reason=f"{pick.visual}: {failures[0]}")


def kept_picks(slug: str, shape: Shape) -> StockPicks:
    """Return what the scenes of this short got last time."""
    try:
        return StockPicks.model_validate_json(open_store().read_record(_kept_key(slug, shape)))
    except (FileNotFoundError, ValidationError):  # none yet, or of an older form
        return StockPicks()


def keep_picks(slug: str, shape: Shape, picks: StockPicks, sources: Sequence[Source]) -> None:
    """Remember what the scenes got, so that changing one of them leaves the others what they have."""
    used = tuple(_used(pick, source) for pick, source in zip(picks.picks, sources, strict=True))
    open_store().write_record(_kept_key(slug, shape), StockPicks(picks=used).model_dump_json().encode())


def _used(pick: StockPick, source: Source) -> StockPick:
    used = (item for item in (pick.item, *pick.spares) if item.credit == source.credit)
    return pick.model_copy(update={"item": next(used, pick.item), "spares": ()})


def _kept_key(slug: str, shape: Shape) -> str:
    return stable_hash(["stock picks", slug, shape])


def _fetched(item: StockItem, filled_px: tuple[int, int], settings: Settings) -> Source:
    try:
        source = _downloaded(item, filled_px, settings)
    except (SourceNotFound, SourceRefused):
        client = client_of(item.provider, settings)
        if client is None:
            raise
        with calling(client.api.service):
            answer = client.find(item)  # addresses of an old search may have run out
        pause(client.api.service, answer.pause_s)
        source = _downloaded(answer.data, filled_px, settings)
    require_visual(source.info, source.uri)
    return source.model_copy(update={"uri": item.name, "credit": item.credit})


def _downloaded(item: StockItem, filled_px: tuple[int, int], settings: Settings) -> Source:
    address = best_rendition(item, canvas_px=filled_px).url
    is_own = item.provider is StockProvider.LIBRARY
    file: RemoteOrLocalFile = open_file(address, settings) if is_own else WebFile(address, settings)
    return fetch_file(file, open_store(), settings)
