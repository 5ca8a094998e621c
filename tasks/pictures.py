"""Scenes that only describe their pictures: what has to be looked for or made, and whose it is in the end."""

from collections.abc import Mapping, Sequence
from typing import Any

from blocks.image_api import service_of
from blocks.settings import get_settings
from engines.stock.choice import by_search
from engines.stock.wants import PLACES, STOCK, visuals_of, wants_of
from models.base import Model
from models.canvas import CANVAS_SIZES
from models.credits import SceneCredit
from models.media import Source
from models.scene import Scene
from models.spec import ShortSpec
from models.stock import Shape, StockSearch, StockWant, shape_of
from tasks.cuts import MAIN, Cuts
from tasks.retries import Inputs

IMAGE = "image:"
_DESCRIBED = (STOCK, IMAGE)


class Pictures(Model):
    """What scenes describe: `scenes` are theirs, with a name of its own for each stock visual."""

    scenes: tuple[Scene, ...]
    described: tuple[tuple[int, str, str], ...]  # scene, visual as the spec has it, and its own name
    wants: tuple[StockWant, ...]
    named: tuple[str, ...]  # the visuals that are addresses
    prompts: tuple[tuple[str, str], ...]  # visual, and the scenes that use it, in words
    shape: Shape
    canvas_px: tuple[int, int]  # of the finished short
    filled_px: tuple[int, int]  # what files are to fill: the canvas of every cut

    @property
    def step_count(self) -> int:
        """How many steps finding and making them takes."""
        searches = len({want.search for want in self.wants})
        return len(self.prompts) + (searches + 1 + len(self.wants) if self.wants else 0)


def describe_pictures(spec: ShortSpec, scenes: Sequence[Scene], cuts: Cuts) -> Pictures:
    """Return what the scenes ask for that is no address.

    All cuts show what suits the main one, and a draft shows what the finished short will.
    """
    canvas_px, frames = CANVAS_SIZES[cuts[MAIN].spec.canvas.preset], [cut.frame for cut in cuts.values()]
    shape = shape_of(*canvas_px)
    described = [
        (number, place, visual)
        for number, scene in enumerate(scenes, start=1)
        for place, visual in visuals_of(scene)
        if is_described(visual)
    ]
    named = {visual for scene in scenes for _, visual in visuals_of(scene) if not is_described(visual)}
    prompts: dict[str, list[str]] = {}
    for number, _, visual in described:
        if visual.startswith(IMAGE):
            prompts.setdefault(visual, []).append(f"scene {number}")
    return Pictures(
        scenes=tuple(_with_own_names(scene, number) for number, scene in enumerate(scenes, start=1)),
        described=tuple((number, visual, own_name(visual, number, place)) for number, place, visual in described),
        wants=wants_of(scenes, shape=shape, language=spec.language, rate=spec.voice.rate),
        named=tuple(sorted(named)),
        prompts=tuple((visual, ", ".join(dict.fromkeys(users))) for visual, users in prompts.items()),
        shape=shape,
        canvas_px=canvas_px,
        filled_px=(max(each.width_px for each in frames), max(each.height_px for each in frames)),
    )


def own_name(visual: str, scene: int, place: int = 0) -> str:
    """Return the name under which a source is kept: places with the same stock query get different clips."""
    return f"{visual} (scene {scene}{', second' if place else ''})" if visual.startswith(STOCK) else visual


def _with_own_names(scene: Scene, number: int) -> Scene:
    names = {PLACES[place]: own_name(visual, number, place) for place, visual in visuals_of(scene)}
    return scene.model_copy(update=names)


def is_described(visual: str) -> bool:
    """Return whether a visual is no address of a source."""
    return visual.startswith(_DESCRIBED)


def for_search(pictures: Pictures) -> dict[StockSearch, Inputs]:
    """Return the inputs of `search_stock` by search.

    Each has to offer something to every scene, since others may take what it finds; in powers of two, so that one more
    scene seldom asks anew.
    """
    count = 1 << (len(pictures.wants) - 1).bit_length()
    return {
        search: {
            "search": search,
            "count": count,
            "used_by": ", ".join(f"scene {number}" for number in dict.fromkeys(scenes)),
        }
        for search, scenes in by_search(pictures.wants).items()
    }


def for_stock(pictures: Pictures, choosing: Any) -> dict[str, Inputs]:
    """Return the inputs of `fetch_stock` by the scene's own name of its visual; the picks may be on their way."""
    return {
        own_name(want.visual, want.scene, want.place): {
            "picks": choosing,
            "filled_px": pictures.filled_px,
            "number": want.scene,
            "total": len(pictures.scenes),
            "place": want.place,
        }
        for want in pictures.wants
    }


def for_images(pictures: Pictures) -> dict[str, Inputs]:
    """Return the inputs of `generate_image` by visual."""
    settings = get_settings()
    return {
        visual: {
            "prompt": visual.removeprefix(IMAGE).strip(),
            "model": settings.image_model,
            "size": settings.image_sizes.get(pictures.shape, "auto"),
            "service": service_of(settings),
            "used_by": users,
        }
        for visual, users in pictures.prompts
    }


def credits_of(pictures: Pictures, sources: Mapping[str, Source]) -> tuple[SceneCredit, ...]:
    """Return whose the found and made pictures are."""
    return tuple(
        SceneCredit(scene=number, visual=visual, **dict(credit))
        for number, visual, name in pictures.described
        if (credit := sources[name].credit)
    )
