"""What Prefect's run form fills in by itself is accepted by the check that the form makes before it submits."""

from typing import Any

from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import validate

from flows.render_short import render_short

SCHEMA = parameter_schema(render_short.fn).model_dump_for_openapi()


def filled_in(schema: dict[str, Any]) -> Any:
    """The values that a form of this schema begins with."""
    if "default" in schema:
        return schema["default"]
    if "$ref" in schema:
        return filled_in(SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]])
    values = {name: filled_in(field) for name, field in schema.get("properties", {}).items()}
    return {name: value for name, value in values.items() if value is not None} or None


def test_a_form_with_a_title_and_a_script_can_be_submitted():
    spec = filled_in(SCHEMA["definitions"]["ShortSpec"]) | {"title": "T", "script": "The Moon is far away."}
    assert {"voice", "captions", "music"} <= spec.keys()
    errors = validate({"spec": spec}, SCHEMA, raise_on_error=False, preprocess=True)
    assert [(list(error.absolute_path), error.message) for error in errors] == []


def fields() -> list[tuple[str, dict[str, Any]]]:
    """Every field of the spec's form, by the model and its name."""
    parts = SCHEMA["definitions"].items()
    return [(f"{name}.{field}", schema) for name, part in parts for field, schema in part.get("properties", {}).items()]


def test_every_field_is_one_box_with_a_title_and_a_word_about_it():
    """Of alternatives the form makes tabs, and a box whose default is null says that it is of type None."""
    assert len(fields()) > 100
    for name, schema in fields():
        assert not {"anyOf", "oneOf"} & schema.keys(), name
        assert "default" not in schema or schema["default"] is not None, name
        assert schema.get("title") or "$ref" in schema, name
        assert schema.get("description") or "$ref" in schema, name


def test_what_stands_beside_the_spec_begins_as_text():
    assert {name: SCHEMA["properties"][name]["default"] for name in ("name", "destination")} == {
        "name": "",
        "destination": "",
    }
