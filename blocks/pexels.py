"""Pexels: pictures and clips by its API, https://www.pexels.com/api/documentation/."""

from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.api import Answer, Api, as_documented
from blocks.settings import Settings
from engines.errors import ServiceRefused
from models.credits import Credit
from models.media import MediaKind
from models.stock import Rendition, StockItem, StockProvider, StockSearch

KEY_BLOCK = "neuroshorts-pexels-api-key"
KEY_SETTING = "NEUROSHORTS_PEXELS_API_KEY"
_LOCALES = (
    "en-US", "pt-BR", "es-ES", "ca-ES", "de-DE", "it-IT", "fr-FR", "sv-SE", "id-ID", "pl-PL", "ja-JP", "zh-TW",
    "zh-CN", "ko-KR", "th-TH", "nl-NL", "hu-HU", "vi-VN", "cs-CZ", "da-DK", "fi-FI", "uk-UA", "el-GR", "ro-RO",
    "nb-NO", "sk-SK", "tr-TR", "ru-RU",
)  # fmt: skip
_LARGE2X_PX = (1880, 1300)


@dataclass(frozen=True)
class Pexels:
    """The client of one installation."""

    api: Api
    oriented = frozenset({MediaKind.VIDEO, MediaKind.IMAGE})  # can be asked for by orientation

    @classmethod
    def open(cls, key: SecretStr, settings: Settings, *, key_help: str) -> "Pexels":
        """Return a client with the operator's key."""
        headers = {"Authorization": key.get_secret_value()}
        return cls(Api("stock:pexels", settings.pexels_api_url, settings, key, key_help, headers))

    def search(
        self, search: StockSearch, kind: MediaKind, *, page: int, per_page: int, any_shape: bool = False
    ) -> tuple[Answer, bool]:
        """Return a page of items of one kind (as the answer's data), and whether there are more.

        Items are of the canvas's orientation unless `any_shape`. Raises ServiceRefused, ServiceFailed.
        """
        is_video = kind is MediaKind.VIDEO
        params: dict[str, str | int] = {"query": search.query, "page": page, "per_page": per_page}
        if not any_shape:
            params["orientation"] = search.shape.value
        if locale := _locale_of(search.language):
            params["locale"] = locale
        answer = self.api.get("videos/search" if is_video else "v1/search", params)
        with as_documented(self.api.service):
            items = [
                item for each in answer.data["videos" if is_video else "photos"] if (item := _item(each, is_video))
            ]
            return Answer(items, answer.pause_s), bool(answer.data.get("next_page"))

    def find(self, item: StockItem) -> Answer:
        """Return an item anew, with addresses of now. Raises ServiceRefused (also when it is gone), ServiceFailed."""
        is_video = item.kind is MediaKind.VIDEO
        answer = self.api.get(f"{'videos/videos' if is_video else 'v1/photos'}/{item.item_id}", {})
        with as_documented(self.api.service):
            found = _item(answer.data, is_video)
        if found is None:
            raise ServiceRefused(service=self.api.service, reason=f"it no longer has {item.name}")
        return Answer(found, answer.pause_s)


def _item(data: Any, is_video: bool) -> StockItem | None:
    return _video(data) if is_video else _photo(data)


def _video(data: Any) -> StockItem | None:
    renditions = tuple(
        Rendition(url=file["link"], width_px=file["width"], height_px=file["height"])
        for file in data["video_files"]
        if file.get("file_type") == "video/mp4" and file.get("width") and file.get("height")
    )
    if not renditions:
        return None
    return StockItem(
        provider=StockProvider.PEXELS,
        item_id=str(data["id"]),
        kind=MediaKind.VIDEO,
        width_px=data["width"],
        height_px=data["height"],
        duration_ms=int(data["duration"]) * 1000,
        renditions=renditions,
        preview_url=data.get("image") or "",
        credit=_credit(data, data["user"]["name"], data["user"]["url"]),
    )


def _photo(data: Any) -> StockItem:
    width_px, height_px, source = data["width"], data["height"], data["src"]
    scale = min(1.0, _LARGE2X_PX[0] / width_px, _LARGE2X_PX[1] / height_px)
    large = Rendition(url=source["large2x"], width_px=int(width_px * scale), height_px=int(height_px * scale))
    return StockItem(
        provider=StockProvider.PEXELS,
        item_id=str(data["id"]),
        kind=MediaKind.IMAGE,
        width_px=width_px,
        height_px=height_px,
        renditions=(large, Rendition(url=source["original"], width_px=width_px, height_px=height_px)),
        preview_url=source["medium"],
        credit=_credit(data, data["photographer"], data["photographer_url"]),
    )


def _credit(data: Any, author: str, author_url: str) -> Credit:
    return Credit(
        provider="Pexels",
        item_id=str(data["id"]),
        author=author,
        author_url=author_url,
        page_url=data["url"],
        licence="Pexels License",
        licence_url="https://www.pexels.com/license/",
    )


def _locale_of(language: str) -> str | None:
    """Return the locale of a language that Pexels knows, of its own region or else of the first."""
    if language in _LOCALES:
        return language
    return next((locale for locale in _LOCALES if locale.split("-")[0] == language.split("-")[0].lower()), None)
