"""Presets: the look of captions from its file, with the spec's own settings on top, and the safe areas."""

import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from engines.errors import PresetInvalid, PresetUnknown
from engines.subtitles.contrast import legible
from models.caption_settings import CaptionAnimation, CaptionCase, CaptionPosition, Captions, SafeAreaName
from models.captions import Box, CaptionStyle, Highlight, SafeArea

NO_CAPTIONS = "none"
PRESET = "preset"  # what leaves a choice to the preset

VERTICAL_FROM = 1.2  # height over width; its inverse parts square from wide


class _AreaEntry(SafeArea):
    """A safe area as its file gives it, with where the numbers come from."""

    checked: date = Field(description="Of the last look at the numbers")
    source: str = Field(min_length=1)


_AREAS = TypeAdapter(dict[str, dict[str, _AreaEntry]])


def find_preset(name: str, presets_dirs: Sequence[Path]) -> Path:
    """Return the file of a preset, `NAME.toml` in the first folder that has it. Raises PresetUnknown."""
    known = {path.stem: path for folder in reversed(presets_dirs) for path in sorted(folder.glob("*.toml"))}
    if name not in known:
        raise PresetUnknown(preset=name, known=", ".join([*sorted(known), NO_CAPTIONS]))
    return known[name]


def load_preset(name: str, *, presets_dirs: Sequence[Path]) -> CaptionStyle:
    """Return the style in `NAME.toml`. Raises PresetUnknown, PresetInvalid."""
    path = find_preset(name, presets_dirs)
    try:
        return CaptionStyle.model_validate(_read_toml(path))
    except ValidationError as error:
        raise PresetInvalid(path=path.name, reason=_first_mistake(error)) from error


def resolve_style(captions: Captions, *, presets_dirs: Sequence[Path]) -> CaptionStyle | None:
    """Return the preset with the spec's settings on top; None where the spec wants no captions.

    Colours that the spec leaves open give way where the chosen ones would not stand out from them.
    Raises PresetUnknown, PresetInvalid.
    """
    if captions.preset == NO_CAPTIONS:
        return None
    preset = load_preset(captions.preset, presets_dirs=presets_dirs)
    chosen = {
        "font": captions.font,
        "weight": captions.weight,
        "size_px": preset.size_px * captions.size_percent / 100,
        "color": captions.color,
        "outline_color": captions.outline_color,
        "outline_px": captions.outline_px,
        "shadow_color": captions.shadow_color,
        "shadow_opacity": _shadow_opacity(captions, preset),
        "max_words": captions.max_words,
        "max_lines": captions.max_lines,
        "position": None if captions.position == PRESET else CaptionPosition(captions.position),
        "shift_percent": preset.shift_percent + captions.shift_percent,
        "case": _case(captions),
        "animation": None if captions.animation == PRESET else CaptionAnimation(captions.animation),
    }
    style = preset.model_copy(update={name: value for name, value in chosen.items() if value is not None})
    style = style.model_copy(update={"box": _page_box(captions, preset), "highlight": _highlight(captions, preset)})
    chosen["highlight_color"] = captions.highlight_color
    return legible(style, chosen={name for name, value in chosen.items() if value is not None})


def _case(captions: Captions) -> CaptionCase | None:
    if captions.uppercase:
        return CaptionCase.UPPER
    return None if captions.case == PRESET else CaptionCase(captions.case)


def _shadow_opacity(captions: Captions, preset: CaptionStyle) -> float | None:
    """Return the spec's, or none on a box that the spec adds, where a shadow would only look like dirt."""
    if captions.shadow_percent is not None:
        return captions.shadow_percent / 100
    return 0.0 if preset.box is None and _page_box(captions, preset) is not None else None


def _page_box(captions: Captions, preset: CaptionStyle) -> Box | None:
    if captions.box_percent == 0 or (preset.box is None and captions.box_color is None and not captions.box_percent):
        return None
    box = preset.box or Box(color="#000000", padding_px=22, radius_px=18)
    chosen = {
        "color": captions.box_color,
        "opacity": captions.box_percent / 100 if captions.box_percent else None,
    }
    return box.model_copy(update={name: value for name, value in chosen.items() if value is not None})


def _highlight(captions: Captions, preset: CaptionStyle) -> Highlight | None:
    if preset.highlight is None or captions.highlight_color is None:
        return preset.highlight
    if preset.highlight.box is None:
        return preset.highlight.model_copy(update={"color": captions.highlight_color})
    box = preset.highlight.box.model_copy(update={"color": captions.highlight_color})
    return preset.highlight.model_copy(update={"box": box})


def load_safe_area(path: Path, *, width_px: int, height_px: int, name: SafeAreaName = SafeAreaName.ALL) -> SafeArea:
    """Return a platform's safe area for a canvas of this shape, or what is safe on all of them together.

    On a shape that a platform has no area of its own for, everybody's counts. Raises PresetInvalid.
    """
    shape = canvas_shape(width_px, height_px)
    try:
        entries = _AREAS.validate_python(_read_toml(path)).get(shape, {})
    except ValidationError as error:
        raise PresetInvalid(path=path.name, reason=_first_mistake(error)) from error
    if not entries:
        raise PresetInvalid(path=path.name, reason=f"no safe area for {shape} canvases")
    area = SafeArea(top=0, right=0, bottom=0, left=0)
    for entry in [entries[name]] if name in entries else entries.values():
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
