"""Items and wants to choose from."""

from models.credits import Credit
from models.media import MediaKind
from models.stock import Rendition, Shape, StockFound, StockItem, StockProvider, StockSearch, StockWant

CANVAS_PX = (1080, 1920)
EITHER = (MediaKind.VIDEO, MediaKind.IMAGE)
ALL = tuple(StockProvider)


def search(query: str = "sea") -> StockSearch:
    return StockSearch(query=query, kinds=EITHER, shape=Shape.PORTRAIT, language="en")


def want(scene: int, query: str = "sea", least_ms: int = 3000) -> StockWant:
    return StockWant(scene=scene, visual=f"stock:{query}", search=search(query), least_ms=least_ms)


def item(
    number: int,
    *,
    provider: StockProvider = StockProvider.PEXELS,
    kind: MediaKind = MediaKind.VIDEO,
    size: tuple[int, int] = CANVAS_PX,
    duration_ms: int = 10_000,
    look: int | None = None,
) -> StockItem:
    return StockItem(
        provider=provider,
        item_id=str(number),
        kind=kind,
        width_px=size[0],
        height_px=size[1],
        duration_ms=duration_ms if kind is MediaKind.VIDEO else 0,
        renditions=(Rendition(url=f"https://x/{number}", width_px=size[0], height_px=size[1]),),
        fingerprint=None if look is None else f"{look:016x}",
        credit=Credit(provider="x", item_id=str(number)),
    )


def found(*items: StockItem, query: str = "sea", providers: tuple[StockProvider, ...] = ALL) -> StockFound:
    return StockFound(search=search(query), providers=providers, items=items)
