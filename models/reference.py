"""The spec's reference page, written from the models: `python -m models.reference > docs/spec.md`."""

import sys
from collections.abc import Iterator
from typing import Any

from models.spec import ShortSpec


def spec_reference() -> str:
    """Return docs/spec.md."""
    schema = ShortSpec.model_json_schema()
    sections = ["# The spec", "Made from the models by `make docs`. Unknown fields are errors.", ""]
    sections += _table("short", schema)
    for name, part in schema["$defs"].items():
        if part["type"] == "object":
            sections += _table(name, part)
    return "\n".join(sections).rstrip() + "\n"


def _table(name: str, part: dict[str, Any]) -> Iterator[str]:
    yield f"## {name}\n"
    if name != "short":
        yield f"{part['description']}\n"
    yield "| field | type | default | meaning |\n|---|---|---|---|"
    required = part.get("required", [])
    for field, schema in part["properties"].items():
        default = "required" if field in required else _code(schema.get("default"))
        yield f"| `{field}` | {_type(schema)} | {default} | {_meaning(schema)} |"
    yield ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return f"[{_name(schema)}](#{_name(schema).lower()})" if _name(schema) in _OBJECTS else _values(schema)
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"] if choice.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}"
    return f"{schema['type']}{_bounds(schema)}"


def _bounds(schema: dict[str, Any]) -> str:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None and high is None:
        return ""
    return f", {'' if low is None else low} to {'' if high is None else high}".rstrip()


def _values(schema: dict[str, Any]) -> str:
    return ", ".join(f"`{value}`" for value in _DEFINITIONS[_name(schema)]["enum"])


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"].rpartition("/")[2])


def _code(value: object) -> str:
    if value in (None, "", []) or isinstance(value, dict):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _meaning(schema: dict[str, Any]) -> str:
    words = [schema.get("title"), schema.get("description")]
    return ": ".join(word.replace("|", "\\|") for word in words if word)


_DEFINITIONS = ShortSpec.model_json_schema()["$defs"]
_OBJECTS = frozenset(name for name, part in _DEFINITIONS.items() if part["type"] == "object")


if __name__ == "__main__":
    sys.stdout.write(spec_reference())
