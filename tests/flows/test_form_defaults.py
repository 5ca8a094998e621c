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
