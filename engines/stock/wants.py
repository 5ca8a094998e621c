"""What each scene asks of the stock libraries."""

import re
from collections.abc import Sequence

from models.media import MediaKind
from models.scene import Scene
from models.stock import Shape, StockSearch, StockWant

STOCK = "stock:"
PLACES = ("visual", "second_visual")  # of a scene, by their numbers
_KINDS = {"photo": (MediaKind.IMAGE,), "video": (MediaKind.VIDEO,)}
_EITHER = (MediaKind.VIDEO, MediaKind.IMAGE)
_MS_PER_LETTER = 72  # 150 words a minute of five letters and a space
_MS_PER_IDEOGRAPH = 260
_IDEOGRAPH = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_UNTOLD_MS = 8_000  # of a recording, whose length nobody knows yet
_MARGIN = 1.2


def wants_of(scenes: Sequence[Scene], *, shape: Shape, language: str, rate: float) -> tuple[StockWant, ...]:
    """Return what every stock visual of the scenes wants; `rate` is the voice's, 1 for its own."""
    return tuple(
        StockWant(
            scene=number,
            place=place,
            visual=visual,
            search=search_of(visual, shape=shape, language=language),
            least_ms=least_ms(scene, rate=rate),
        )
        for number, scene in enumerate(scenes, start=1)
        for place, visual in visuals_of(scene)
        if visual.startswith(STOCK)
    )


def visuals_of(scene: Scene) -> tuple[tuple[int, str], ...]:
    """Return the visuals that a scene has, with the numbers of their places."""
    found = ((place, getattr(scene, name)) for place, name in enumerate(PLACES))
    return tuple((place, visual) for place, visual in found if visual)


def search_of(visual: str, *, shape: Shape, language: str) -> StockSearch:
    """Return the search that `stock:QUERY`, `stock:photo:QUERY` or `stock:video:QUERY` asks for."""
    first, colon, rest = visual.removeprefix(STOCK).partition(":")
    narrowed = bool(colon) and first in _KINDS
    query = rest if narrowed else visual.removeprefix(STOCK)
    return StockSearch(
        query=" ".join(query.split()),
        kinds=_KINDS[first] if narrowed else _EITHER,
        shape=shape,
        language=language,
    )


def least_ms(scene: Scene, *, rate: float) -> int:
    """Return how long a clip should be, in milliseconds, guessed from the text, so that it need not wait for the voice.

    A guess that is wrong costs little: a clip that is too short is repeated.
    """
    if scene.end_ms is not None:
        return scene.end_ms
    spoken_ms = _spoken_ms(scene.narration) / rate
    if scene.voice_over:
        spoken_ms = spoken_ms or _UNTOLD_MS
    return scene.start_ms + round(max(spoken_ms * _MARGIN, scene.min_duration_ms))


def _spoken_ms(text: str) -> int:
    ideographs = len(_IDEOGRAPH.findall(text))
    return ideographs * _MS_PER_IDEOGRAPH + (len(text.strip()) - ideographs) * _MS_PER_LETTER
