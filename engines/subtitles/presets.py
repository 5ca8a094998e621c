"""Presets: the look of captions from its file, with the spec's own settings on top, and the safe areas."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from engines.errors import PresetInvalid
from models.captions import CaptionStyle, Highlight, SafeArea
from models.spec import Captions

VERTICAL_FROM = 1.2  # height over width; its inverse parts square from wide


class _AreaEntry(SafeArea):
    """A safe area as its file gives it, with where the numbers come from."""

    checked: date = Field(description="Of the last look at the numbers")
    source: str = Field(min_length=1)


_AREAS = TypeAdapter(dict[str, dict[str, _AreaEntry]])


def load_preset(name: str, *, presets_dir: Path) -> CaptionStyle:
    """Return the style in `NAME.toml`. Raises PresetInvalid."""
    path = presets_dir / f"{name}.toml"
    try:
        return CaptionStyle.model_validate(_read_toml(path))
    except ValidationError as error:
        raise PresetInvalid(path=path.name, reason=_first_mistake(error)) from error


def resolve_style(captions: Captions, *, presets_dir: Path) -> CaptionStyle | None:
    """Return the preset with the spec's settings on top; None where the spec wants no captions.

    Raises PresetInvalid.
    """
    if captions.preset == "none":
        return None
    preset = load_preset(captions.preset, presets_dir=presets_dir)
    return preset.model_copy(
        update={
            "font": captions.font or preset.font,
            "size_px": preset.size_px * captions.size_percent / 100,
            "color": captions.color,
            "highlight": preset.highlight and Highlight(color=captions.highlight_color),
            "uppercase": captions.uppercase or preset.uppercase,
            "max_words": captions.max_words or preset.max_words,
            "position": captions.position,
        }
    )


def load_safe_area(path: Path, *, width_px: int, height_px: int, platform: str | None = None) -> SafeArea:
    """Return a platform's safe area for a canvas of this shape; without a platform, what is safe on all of them.

    Raises PresetInvalid.
    """
    shape = canvas_shape(width_px, height_px)
    try:
        entries = _AREAS.validate_python(_read_toml(path)).get(shape, {})
    except ValidationError as error:
        raise PresetInvalid(path=path.name, reason=_first_mistake(error)) from error
    chosen = [area for name, area in entries.items() if platform in (None, name)]
    if not chosen:
        raise PresetInvalid(path=path.name, reason=f"no safe area for {shape} on {platform or 'any platform'}")
    area = SafeArea(top=0, right=0, bottom=0, left=0)
    for entry in chosen:
        area = area.union(entry)
    return area


def canvas_shape(width_px: int, height_px: int) -> str:
    """Return vertical, square or wide."""
    if height_px > width_px * VERTICAL_FROM:
        return "vertical"
    return "wide" if width_px > height_px * VERTICAL_FROM else "square"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PresetInvalid(path=path.name, reason=str(error)) from error


def _first_mistake(error: ValidationError) -> str:
    mistake = error.errors()[0]
    return f"{'.'.join(str(part) for part in mistake['loc'])}: {mistake['msg']}"
