"""Pixabay: pictures and clips by its API, https://pixabay.com/api/docs/."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from blocks.api import Answer, Api, as_documented
from blocks.settings import Settings
from engines.errors import ServiceRefused
from models.credits import Credit
from models.media import MediaKind
from models.stock import Rendition, Shape, StockItem, StockProvider, StockSearch

KEY_BLOCK = "neuroshorts-pixabay-api-key"
KEY_SETTING = "NEUROSHORTS_PIXABAY_API_KEY"
FEWEST_PER_PAGE = 3
_LANGUAGES = frozenset({
    "cs", "da", "de", "en", "es", "fr", "id", "it", "hu", "nl", "no", "pl", "pt", "ro", "sk", "fi", "sv", "tr", "vi",
    "th", "bg", "ru", "el", "ja", "ko", "zh",
})  # fmt: skip
_ORIENTATIONS = {Shape.PORTRAIT: "vertical", Shape.LANDSCAPE: "horizontal", Shape.SQUARE: "all"}
_SIZES = ("large", "medium", "small", "tiny")
_LARGE_PX, _FULL_HD_PX = 1280, 1920


@dataclass(frozen=True)
class Pixabay:
    """The client of one installation."""

    api: Api
    oriented = frozenset({MediaKind.IMAGE})  # can be asked for by orientation

    @classmethod
    def open(cls, key: SecretStr, settings: Settings, *, key_help: str) -> "Pixabay":
        """Return a client with the operator's key."""
        return cls(Api("stock:pixabay", settings.pixabay_api_url, settings, key, key_help))

    def search(
        self, search: StockSearch, kind: MediaKind, *, page: int, per_page: int, any_shape: bool = False
    ) -> tuple[Answer, bool]:
        """Return a page of items of one kind (as the answer's data), and whether there are more.

        Items are of the canvas's orientation unless `any_shape`. Raises ServiceRefused, ServiceFailed.
        """
        is_video = kind is MediaKind.VIDEO
        count = max(FEWEST_PER_PAGE, per_page)
        params: dict[str, str | int] = {"q": search.query, "safesearch": "true", "page": page, "per_page": count}
        if (language := search.language.split("-")[0].lower()) in _LANGUAGES:
            params["lang"] = language
        if not is_video:
            params["image_type"] = "photo"
            params["orientation"] = "all" if any_shape else _ORIENTATIONS[search.shape]
        answer = self._ask(is_video, params)
        with as_documented(self.api.service):
            items = [item for each in answer.data["hits"] if (item := _item(each, is_video))]
            return Answer(items, answer.pause_s), page * count < answer.data["totalHits"]

    def find(self, item: StockItem) -> Answer:
        """Return an item anew: the addresses of pictures hold for a day. Raises what `search` raises."""
        is_video = item.kind is MediaKind.VIDEO
        answer = self._ask(is_video, {"id": item.item_id})
        with as_documented(self.api.service):
            found = [each for hit in answer.data["hits"] if (each := _item(hit, is_video))]
        if not found:
            raise ServiceRefused(service=self.api.service, reason=f"it no longer has {item.name}")
        return Answer(found[0], answer.pause_s)

    def _ask(self, is_video: bool, params: dict[str, str | int]) -> Answer:
        assert self.api.key is not None
        return self.api.get("videos/" if is_video else "", {"key": self.api.key.get_secret_value(), **params})


def _item(data: Any, is_video: bool) -> StockItem | None:
    return _video(data) if is_video else _photo(data)


def _video(data: Any) -> StockItem | None:
    files = [data["videos"][size] for size in _SIZES if data["videos"].get(size, {}).get("url")]
    if not files:
        return None
    return StockItem(
        provider=StockProvider.PIXABAY,
        item_id=str(data["id"]),
        kind=MediaKind.VIDEO,
        width_px=files[0]["width"],
        height_px=files[0]["height"],
        duration_ms=int(data["duration"]) * 1000,
        renditions=tuple(
            Rendition(url=file["url"], width_px=file["width"], height_px=file["height"]) for file in files
        ),
        preview_url=files[-1].get("thumbnail") or "",
        credit=_credit(data),
    )


def _photo(data: Any) -> StockItem:
    width_px, height_px = data["imageWidth"], data["imageHeight"]
    offered = (("largeImageURL", _LARGE_PX), ("fullHDURL", _FULL_HD_PX), ("imageURL", max(width_px, height_px)))
    return StockItem(
        provider=StockProvider.PIXABAY,
        item_id=str(data["id"]),
        kind=MediaKind.IMAGE,
        width_px=width_px,
        height_px=height_px,
        renditions=tuple(
            _scaled(data[name], width_px, height_px, longest_px) for name, longest_px in offered if data.get(name)
        ),
        preview_url=data["previewURL"],
        credit=_credit(data),
    )


def _scaled(url: str, width_px: int, height_px: int, longest_px: int) -> Rendition:
    scale = min(1.0, longest_px / max(width_px, height_px))
    return Rendition(url=url, width_px=round(width_px * scale), height_px=round(height_px * scale))


def _credit(data: Any) -> Credit:
    return Credit(
        provider="Pixabay",
        item_id=str(data["id"]),
        author=data["user"],
        author_url=f"https://pixabay.com/users/{quote(data['user'])}-{data['user_id']}/",
        page_url=data["pageURL"],
        licence="Pixabay Content License",
        licence_url="https://pixabay.com/service/license-summary/",
    )
