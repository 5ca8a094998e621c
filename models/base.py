"""The base of every model: immutable, and strict about unknown fields; and fields that may stay empty."""

import re
from typing import Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Model(BaseModel):
    """A frozen pydantic model that refuses fields it does not know, and does not quote what was wrong: a password."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _none_if_blank(value: object) -> object:
    return None if value == "" else value


def plain_schema(schema: dict[str, Any]) -> None:
    """Describe an optional field as one value that may be left out: of alternatives, Prefect's run form makes tabs.

    Without a default in the schema, its API still takes null.
    """
    (value,) = (choice for choice in schema.pop("anyOf") if choice.get("type") != "null")
    schema.pop("default", None)
    schema.update({name: said for name, said in value.items() if name not in schema})


def without_nulls(schema: dict[str, Any]) -> None:
    """Leave out of a model's default what may stay empty: the run form would send null, which no choice admits."""
    schema["default"] = {name: value for name, value in schema["default"].items() if value is not None}


def _without_orders(text: str) -> str:
    kept = _CONTROL.sub("", text)
    if not kept:
        raise ValueError("has no characters that can be shown")
    return kept


# What is shown in terminals, logs and a database's text, which control characters would steer or break.
Shown = AfterValidator(_without_orders)
BlankIsNone = BeforeValidator(_none_if_blank)  # what a form sends for a field that was emptied
