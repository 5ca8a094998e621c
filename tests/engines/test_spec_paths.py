"""Relative paths of a spec start where the spec lies, in whatever field they stand."""

from pathlib import Path
from typing import Any, get_args

import pytest

from engines.spec_paths import resolve_paths
from models.addresses import ADDRESS
from models.base import Model
from models.spec import ShortSpec

PATH = "clips/a.mp4"


def address_fields(kind: Any) -> set[tuple[str, str]]:
    """Every field below a model that holds an address: (model, field)."""
    found: set[tuple[str, str]] = set()
    for name, field in kind.model_fields.items():
        parts = [field.annotation, *field.metadata]
        while parts:
            part = parts.pop()
            parts += get_args(part)
            if part == ADDRESS:
                found.add((kind.__name__, name))
            elif isinstance(part, type) and issubclass(part, Model):
                found |= address_fields(part)
    return found


FIELDS = sorted(address_fields(ShortSpec))


def spec_with(model: str, field: str) -> dict[str, Any]:
    """A spec in which one field holds a relative path."""
    story: dict[str, Any] = {"title": "One", "scenes": [{"visual": "color:#102030", "narration": "Hello."}]}
    value: object = [PATH] if field == "visuals" else PATH
    match model:
        case "Scene":
            story["scenes"][0][field] = value
        case "Variant":
            story["variants"] = [{"shape": "square", field: value}]
        case "ShortSpec":
            story |= {field: value} | ({"script": "Hello.", "scenes": []} if field == "visuals" else {})
        case _:
            place = {"OverlaySettings": "overlays", "Captions": "captions", "Music": "music", "Sound": "sound"}[model]
            story[place] = {field: value}
    return story


def test_there_are_addresses_to_resolve():
    assert {("Scene", "visual"), ("ShortSpec", "visuals"), ("Music", "track"), ("Variant", "captions_source")} <= {
        *FIELDS
    }


@pytest.mark.parametrize(("model", "field"), FIELDS)
@pytest.mark.parametrize(("base", "start"), [(Path("/films"), "/films/"), ("s3://bucket/specs", "s3://bucket/specs/")])
def test_every_address_starts_at_the_spec(model: str, field: str, base: Path | str, start: str):
    spec = ShortSpec.model_validate(spec_with(model, field))
    resolved = resolve_paths(spec, base_dir=base)
    assert resolved.model_dump_json() == spec.model_dump_json().replace(PATH, start + PATH)
    assert resolved.model_dump_json().count(start) == 1


def test_what_was_left_out_stays_left_out():
    spec = ShortSpec.model_validate(spec_with("Scene", "visual"))
    assert resolve_paths(spec, base_dir=Path("/films")).model_fields_set <= spec.model_fields_set | {"voice"}
