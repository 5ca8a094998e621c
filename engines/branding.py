"""A brand kit laid under a spec, and the scenes that kit and overlays put around the spec's own."""

from collections.abc import Sequence
from typing import Any, TypeVar

from models.base import Model
from models.brand import BrandKit
from models.cards import Card
from models.graphics import SceneRole, look_of
from models.picture import Fit, MotionName, TransitionName
from models.scene import Scene
from models.spec import ShortSpec

M = TypeVar("M", bound=Model)

STILL_MS = 2500
_FADE_MS = 300
_OVERLAYS = ("accent_color", "text_color", "panel_color", "font", "logo", "handle", "watermark", "progress_bar")


def apply_kit(spec: ShortSpec, kit: BrandKit) -> ShortSpec:
    """Return the spec with the kit's settings wherever the spec itself says nothing."""
    overlays = {name: getattr(kit, name) for name in (*_OVERLAYS, "end_card")}
    captions = {"highlight_color": kit.accent_color, "font": kit.caption_font}
    parts: dict[str, Any] = {
        "overlays": _filled(spec.overlays, overlays),
        "captions": _filled(spec.captions, captions),
        "music": _filled(spec.music, {"track": None if spec.music.mood else kit.music}),
        "poster": _filled(spec.poster, {"layout": kit.poster}),
    }
    return _filled(spec.model_copy(update=parts), {"intro": kit.intro, "outro": kit.outro})


def with_cards(scenes: Sequence[Scene], spec: ShortSpec) -> tuple[Scene, ...]:
    """Return the scenes with the spec's intro before them, and its outro and end card behind."""
    cards = [
        *([_card(SceneRole.INTRO, spec.intro)] if spec.intro else []),
        *scenes,
        *([_card(SceneRole.OUTRO, spec.outro)] if spec.outro else []),
    ]
    if spec.overlays.end_card.strip():
        ground = f"color:{look_of(spec.overlays).panel_color}"
        cards.append(_card(SceneRole.END_CARD, ground, still_ms=spec.overlays.end_card_ms))
    return tuple(cards)


def role_of(scene: Scene) -> SceneRole:
    """Return what a scene is there for."""
    return scene.role if isinstance(scene, Card) else SceneRole.CONTENT


def first_number(spec: ShortSpec) -> int:
    """Return the number that people know the first scene by: 0 for an intro, so that the spec's own count from 1."""
    return 0 if spec.intro else 1


def numbers_of(scenes: Sequence[Scene]) -> tuple[int, ...]:
    """Return the numbers that people know scenes by, one after the other."""
    first = 0 if scenes and role_of(scenes[0]) is SceneRole.INTRO else 1
    return tuple(range(first, first + len(scenes)))


def names_of(scenes: Sequence[Scene]) -> tuple[str, ...]:
    """Return what people call scenes: the spec's own by their numbers, the others by what they are there for."""
    return tuple(
        str(number) if role_of(scene) is SceneRole.CONTENT else role_of(scene).value.replace("_", " ")
        for number, scene in zip(numbers_of(scenes), scenes, strict=True)
    )


def _card(role: SceneRole, visual: str, *, still_ms: int = STILL_MS) -> Card:
    transition = TransitionName.CUT if role is SceneRole.INTRO else TransitionName.FADE
    return Card(
        role=role,
        visual=visual,
        still_ms=still_ms,
        fit=Fit.COVER,
        motion=MotionName.NONE,
        transition=transition,
        transition_ms=_FADE_MS,
    )


def _filled(model: M, values: dict[str, Any]) -> M:
    """Return the model with the values of those fields that it leaves alone, where there is one."""
    return model.model_copy(
        update={name: value for name, value in values.items() if value and not _is_given(model, name)}
    )


def _is_given(model: Model, name: str) -> bool:
    """Tell whether a field was set by whoever wrote the spec.

    A form sends every field there is, so one at its default then says nothing.
    """
    written = model.model_fields_set
    if len(written) == len(type(model).model_fields):
        return bool(getattr(model, name) != type(model).model_fields[name].default)
    return name in written
