import math
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from models import spec
from models.canvas import CANVAS_SIZES, FRAME_RATES, Canvas, Quality
from models.encoding import video_settings
from models.scene import Scene
from models.spec import ShortSpec

SCHEMA: dict[str, Any] = ShortSpec.model_json_schema()


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for owner, model in (("ShortSpec", schema), *schema["$defs"].items()):
        for name, field in model.get("properties", {}).items():
            target = schema["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
            yield f"{owner}.{name}", {**target, **field}


FIELDS = dict(fields(SCHEMA))


def test_there_are_fields():
    assert len(FIELDS) > 35


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_has_a_title_and_a_description(name: str):
    field = FIELDS[name]
    assert field.get("title")
    assert field.get("description")


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_bounded(name: str):
    for variant in FIELDS[name].get("anyOf", [FIELDS[name]]):
        if variant.get("type") == "string":
            assert {"maxLength", "enum", "const", "pattern"} & variant.keys()
        elif variant.get("type") in ("integer", "number"):
            assert "enum" in variant or (
                {"minimum", "exclusiveMinimum"} & variant.keys() and {"maximum", "exclusiveMaximum"} & variant.keys()
            )
        elif variant.get("type") == "array":
            assert "maxItems" in variant


@pytest.mark.parametrize("model", ["ShortSpec", *SCHEMA["$defs"]])
def test_no_model_takes_unknown_fields(model: str):
    schema = SCHEMA if model == "ShortSpec" else SCHEMA["$defs"][model]
    assert schema["type"] != "object" or schema["additionalProperties"] is False


def test_the_schema_says_every_default_literally():
    needed = {
        "Scene.visual",
        "Pronunciation.written",
        "Pronunciation.spoken",
        "Translation.language",
        "Translation.text",
    }
    required = {f"ShortSpec.{name}" for name in SCHEMA["required"]} | needed
    for name in {name for name, field in FIELDS.items() if "default" not in field} - required:
        owner, field = name.split(".")
        assert getattr(spec, owner).model_fields[field].default is None
        assert "anyOf" not in FIELDS[name]  # the run form shows one box, and the API takes null or nothing


def test_a_field_that_was_emptied_is_as_one_left_out():
    emptied = {"track": ""}, {"font": "", "max_words": ""}
    spec = ShortSpec(title="T", script="Hello.", music=emptied[0], captions=emptied[1], destination="", callback_url="")
    assert spec == ShortSpec(title="T", script="Hello.")


@pytest.mark.parametrize("rate", FRAME_RATES)
def test_rates_are_exact(rate: float):
    assert math.isclose(Canvas(fps=rate).fps, float(FRAME_RATES[rate]), abs_tol=1e-3)


@pytest.mark.parametrize("rate", [0, -30, 29, 1000, float("nan"), float("inf")])
def test_other_rates_are_refused(rate: float):
    with pytest.raises(ValidationError):
        Canvas(fps=rate)


@pytest.mark.parametrize("quality", Quality)
@pytest.mark.parametrize("preset", CANVAS_SIZES)
def test_every_canvas_can_be_encoded(preset: Any, quality: Quality):
    video = video_settings(Canvas(preset=preset), quality)
    width_px, height_px = CANVAS_SIZES[preset]
    shrink = {Quality.DRAFT: 2, Quality.PREVIEW: 3}.get(quality, 1)
    assert (video.width_px, video.height_px) == (width_px // shrink, height_px // shrink)


@pytest.mark.parametrize(
    "visual",
    [
        "a.png",
        "a b/ä.png",
        "/a",
        "C/x",
        "https://h/a?b#c",
        "http://h",
        "s3://b/k",
        "assets:music/x",
        "color:#aBc123",
        "..",
        "a:b/c.png"[2:],
    ],
)
def test_known_sources_are_taken(visual: str):
    assert Scene(narration="x", visual=visual).visual == visual


@pytest.mark.parametrize(
    "visual",
    [
        "",
        "file:///etc/passwd",
        "ftp://h/a",
        "color:red",
        "color:#12345",
        "concat:a|b",
        "data:,x",
        "pipe:0",
        "a\x00b",
        "a\nb",
        "javascript:x",
    ],
)
def test_other_sources_are_refused(visual: str):
    with pytest.raises(ValidationError):
        Scene(narration="x", visual=visual)
