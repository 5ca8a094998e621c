"""The steps that find or make the pictures which scenes only describe."""

from collections.abc import Mapping
from typing import Any

from prefect.futures import PrefectFuture

from flows.steps import Steps
from models.credits import SceneCredit
from models.media import Source
from models.stock import StockPicks
from tasks.image import generate_image
from tasks.pictures import Pictures, credits_of, for_images, for_search, for_stock
from tasks.stock import choose_stock, fetch_stock, keep_picks, kept_picks
from tasks.stock_search import search_stock


class PictureSteps:
    """What was submitted for a render's described pictures."""

    def __init__(self, steps: Steps, pictures: Pictures, *, slug: str) -> None:
        """Submit every step: one search for each question, one choice for all scenes, then a fetch for each."""
        self._pictures, self._slug = pictures, slug
        self._choosing: PrefectFuture[StockPicks] | None = None
        self._fetching: dict[str, PrefectFuture[Source]] = {}
        self._making = steps.fan_out(generate_image, for_images(pictures))
        if pictures.wants:
            searching = steps.fan_out(search_stock, for_search(pictures))
            self._choosing = steps.submit(
                choose_stock,
                wants=pictures.wants,
                found=list(searching.values()),
                kept=kept_picks(slug, pictures.shape),
                canvas_px=pictures.canvas_px,
                named=pictures.named,
            )
            self._fetching = steps.fan_out(fetch_stock, for_stock(pictures, self._choosing))

    @property
    def futures(self) -> dict[str, PrefectFuture[Source]]:
        """The sources under the names that the scenes have for them."""
        return {**self._making, **self._fetching}

    def keep(self, sources: Mapping[str, Source]) -> tuple[SceneCredit, ...]:
        """Remember which scene got what, and return whose the pictures are."""
        if self._choosing is not None:
            fetched: list[Any] = [sources[name] for name in self._fetching]
            keep_picks(self._slug, self._pictures.shape, self._choosing.result(), fetched)
        return credits_of(self._pictures, sources)
