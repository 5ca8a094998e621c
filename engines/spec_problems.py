"""What is wrong with the data of a spec: every mistake at once, by its field, with what would be right."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.base import Model
from models.brand import BRAND_PATTERN
from models.caption_settings import COLOR_PATTERN, LANGUAGE_PATTERN
from models.spec import ShortSpec
from models.voice import STAND_IN_PATTERN, VoiceProvider

Place = tuple[int | str, ...]

_STAND_IN = "xx"  # a title, a path, a language: every field that must be given takes it
_STAND_IN_SCENE = {"visual": _STAND_IN, "narration": _STAND_IN}
_NAMING = ("effects",)  # fields of a scene that name what may not be there
_MOST_PASSES = 8
_DEEPEST = 8  # levels of a spec that can hold a field; what is nested deeper is wrong as a whole
_COMMON = "value_error"  # of a group: its fields do not go together
_KEBAB = "should have only a-z and 0-9, with single - between"
PATTERNS = {
    LANGUAGE_PATTERN: "should be a BCP 47 tag, such as en or pt-BR",
    COLOR_PATTERN: "should be a colour as '#RRGGBB', in quotes",
    STAND_IN_PATTERN: f"should be PROVIDER or PROVIDER:NAME, of {', '.join(VoiceProvider)}",
    BRAND_PATTERN: _KEBAB,
    r"^[a-z0-9]*(-[a-z0-9]+)*$": _KEBAB,
    r"^[a-z0-9-]*$": "should have only a-z, 0-9 and -",
    r"^[a-z0-9_]+$": "should have only a-z, 0-9 and _",
    r"^[a-z][a-z0-9_]*$": "should have only a-z, 0-9 and _, and begin with a letter",
    r"^[A-Za-z0-9][A-Za-z0-9_-]*$": "should have only letters, 0-9, _ and -",
    r"^[^\x00-\x1f]*$": "should be one line without control characters",
    r"\S": "should not be blank",
}
_KINDS = {
    "tuple_type": "a list",
    "model_type": "a mapping of fields",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "url_type": "an https:// address",
    "url_parsing": "an https:// address",
    "url_scheme": "an https:// address",
}


class Problems(NamedTuple):
    """What is wrong with a spec, one line each by the field's path, and what is left of it without that.

    `sound` is None for a spec of which nothing can be told any more.
    """

    lines: dict[str, str]
    sound: ShortSpec | None


def problems_of(data: Mapping[Any, Any]) -> Problems:
    """Return every mistake in the data of a spec; no lines where there is no mistake.

    pydantic compares fields with each other only once each of them is right by itself. So what is wrong is taken out
    and the rest looked at again, until nothing new is found.
    """
    rest, told, sound = _copied(data), dict[Place, str](), None
    for number in range(_MOST_PASSES):
        try:
            sound = ShortSpec.model_validate(rest)
        except ValidationError as error:
            found = error.errors(include_url=False)
        else:
            break
        new = [problem for problem in found if not number or _is_new(problem, told)]
        told |= {problem["loc"]: f"{_path(problem['loc'])}: {_wording(problem)}" for problem in new}
        for problem in sorted(found, key=lambda problem: len(problem["loc"]), reverse=True):
            _take_out(rest, problem)
    return Problems({_path(place): line for place, line in told.items()}, sound)


def _copied(data: Any, depth: int = _DEEPEST) -> Any:
    """Return a copy that can be changed down to the deepest fields."""
    if depth and isinstance(data, Mapping):
        return {name: _copied(value, depth - 1) for name, value in data.items()}
    return [_copied(value, depth - 1) for value in data] if depth and isinstance(data, list) else data


def _is_new(problem: ErrorDetails, told: Mapping[Place, str]) -> bool:
    """Return whether a problem is not one of a field that was taken out: told already, or only due to its absence."""
    place = problem["loc"]
    below = [other for other in told if other[: len(place)] == place]
    absent = {str(other[-1]) for other in below if len(other) > len(place)}
    return problem["type"] == _COMMON and place not in told and absent.isdisjoint(re.findall(r"\w+", problem["msg"]))


def _take_out(data: Any, problem: ErrorDetails) -> None:
    """Put something valid in the place of what is wrong."""
    *way, last = problem["loc"] or ("",)
    for part in way:
        data = _part(data, part)
    if isinstance(data, list) and isinstance(last, int):
        _take_item_out(data, last, is_scene=way == ["scenes"])
    elif isinstance(data, dict) and problem["type"] == "missing":
        data[last] = _STAND_IN
    elif isinstance(data, dict):
        data.pop(last, None)


def _take_item_out(items: list[Any], number: int, *, is_scene: bool) -> None:
    """Put something valid in an item's place, so that the others keep theirs; take all out where it was not valid."""
    if number < len(items) and items[number] == _STAND_IN:
        items.clear()
    elif number < len(items) and is_scene:
        scene = items[number]
        kept = {name: scene[name] for name in _NAMING if name in scene} if isinstance(scene, dict) else {}
        items[number] = kept | _STAND_IN_SCENE
    elif number < len(items):
        items[number] = _STAND_IN


def _part(data: Any, part: int | str) -> Any:
    """Return what lies at a place of a mapping or list; None where there is nothing like it."""
    if isinstance(data, dict):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) else None


def _path(place: Place) -> str:
    return ".".join(str(part) for part in place) or "spec"


def _wording(problem: ErrorDetails) -> str:
    kind, got, context = problem["type"], problem["input"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is not a field of the spec; {_advice(problem['loc'])}"
    if kind == "missing":
        return "is missing"
    if kind == "string_type":
        return _as_text(got)
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(context["pattern"], problem["msg"])
    if kind == "string_too_short" and context["min_length"] == 1:
        return "should not be empty"
    if kind in _KINDS:
        return f"should be {_KINDS[kind]}"
    return problem["msg"].removeprefix("Value error, ").replace("Input should", "should").replace("String", "text")


def _as_text(got: object) -> str:
    if isinstance(got, bool):
        return "should be text: put it in quotes, since YAML takes yes, no, on and off for true and false"
    if isinstance(got, int | float):
        return f"should be text: put {got} in quotes"
    return "should be text"


def _advice(place: Place) -> str:
    names = _fields_at(place[:-1])
    alike = difflib.get_close_matches(str(place[-1]), names, n=1)
    return f"did you mean `{alike[0]}`?" if alike else "see `neuroshorts schema`"


def _fields_at(place: Sequence[int | str]) -> list[str]:
    """Return the names of the fields that a group of the spec has."""
    model: type[Model] = ShortSpec
    for part in place:
        if isinstance(part, str):
            found = _model_in(model.model_fields[part].annotation)
            if found is None:
                return []
            model = found
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[Model] | None:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
