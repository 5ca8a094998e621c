"""Stock pictures and clips: what is looked for, what was found, and which scene gets which."""

from enum import StrEnum

from pydantic import Field

from models.base import Model
from models.credits import Credit
from models.media import MediaKind


class StockProvider(StrEnum):
    """Who can be asked."""

    LIBRARY = "library"
    PEXELS = "pexels"
    PIXABAY = "pixabay"


class Shape(StrEnum):
    """The orientation of a canvas or picture."""

    PORTRAIT = "portrait"
    SQUARE = "square"
    LANDSCAPE = "landscape"


class StockSearch(Model):
    """One question to the providers; scenes with the same question share its answer."""

    query: str
    kinds: tuple[MediaKind, ...] = Field(description="Clips, pictures or both, the preferred first")
    shape: Shape
    language: str = Field(description="BCP 47 tag of the query")


class Rendition(Model):
    """One file of an item."""

    url: str
    width_px: int = Field(default=0, ge=0, description="0 if unknown")
    height_px: int = Field(default=0, ge=0, description="0 if unknown")


class StockItem(Model):
    """One picture or clip that a provider offers."""

    provider: StockProvider
    item_id: str
    kind: MediaKind
    width_px: int = Field(ge=0)
    height_px: int = Field(ge=0)
    duration_ms: int = Field(default=0, ge=0, description="0 for a picture")
    renditions: tuple[Rendition, ...] = Field(min_length=1)
    preview_url: str = Field(default="", description="A small picture of it")
    fingerprint: str | None = Field(default=None, description="Perceptual hash of the preview, 16 hexadecimal digits")
    version: str = Field(default="", description="Changes with the content of a file of the user's own library")
    credit: Credit

    @property
    def name(self) -> str:
        """What tells it from all others, such as pexels:video:123."""
        return f"{self.provider}:{self.kind}:{self.item_id}"


class StockFound(Model):
    """The answer to one search, in the order of relevance: the user's own library before any provider."""

    search: StockSearch
    providers: tuple[StockProvider, ...] = Field(description="Who may be asked")
    items: tuple[StockItem, ...]


class StockWant(Model):
    """What one place of a scene wants."""

    scene: int = Field(ge=1, description="Counted from 1")
    place: int = Field(default=0, ge=0, le=1, description="0 is the scene's visual, 1 its second one")
    visual: str = Field(description="As the spec says it")
    search: StockSearch
    least_ms: int = Field(ge=0, description="Of a clip; a shorter one would have to be repeated")


class StockPick(Model):
    """What one place of a scene gets."""

    scene: int = Field(ge=1, description="Counted from 1")
    place: int = Field(default=0, ge=0, le=1)
    visual: str
    search: StockSearch
    item: StockItem
    spares: tuple[StockItem, ...] = Field(default=(), description="Kept for this scene, should the item be gone")


class StockPicks(Model):
    """What every scene with a stock visual gets; no two the same."""

    picks: tuple[StockPick, ...] = ()

    def of(self, scene: int, place: int = 0) -> StockPick:
        """Return the pick of a place in a scene, counted from 1."""
        return next(pick for pick in self.picks if (pick.scene, pick.place) == (scene, place))


def shape_of(width_px: int, height_px: int) -> Shape:
    """Return the shape of a picture; one that is longer by less than a tenth is square."""
    if max(width_px, height_px) * 10 < 11 * min(width_px, height_px):
        return Shape.SQUARE
    return Shape.PORTRAIT if height_px > width_px else Shape.LANDSCAPE
