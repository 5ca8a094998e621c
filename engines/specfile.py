"""Read a spec from YAML or JSON text, and tell every mistake at once."""

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from engines.errors import SpecInvalid
from engines.spec_paths import resolve_paths
from engines.spec_problems import problems_of
from models.spec import ShortSpec

MOST_BYTES = 1_000_000
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _StrictLoader(yaml.SafeLoader):
    """Plain data only: no tags, no aliases (they multiply), no key twice, and dates are text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  as the base class has them
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not allowed", problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a field's name should be text", problem_mark=key_node.start_mark)
            if key_node.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key_node.value!r} is given twice", problem_mark=key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def load_spec(text: str, *, base_dir: Path | str) -> ShortSpec:
    """Return the spec in `text` (JSON or YAML), with relative paths made absolute from `base_dir`.

    Raises SpecInvalid, which lists every mistake with its field's path.
    """
    if len(text.encode()) > MOST_BYTES:
        raise SpecInvalid(problems=(f"the spec is larger than {MOST_BYTES:,} bytes",))
    try:
        data = _parse(text)
    except yaml.YAMLError as error:
        raise SpecInvalid(problems=(_yaml_problem(error),)) from None
    except ValueError as error:  # a number of thousands of digits, say
        raise SpecInvalid(problems=(f"not readable as YAML or JSON: {error}",)) from None
    except RecursionError:
        raise SpecInvalid(problems=("nested too deeply",)) from None
    return build_spec(data, base_dir=base_dir)


def build_spec(data: object, *, base_dir: Path | str) -> ShortSpec:
    """Return the spec that parsed `data` gives, its relative paths made absolute from `base_dir`, a folder or URL.

    Raises SpecInvalid, which lists every mistake with its field's path.
    """
    if not isinstance(data, dict):
        raise SpecInvalid(problems=("should be a mapping with `title` and `scenes`, or `script`",))
    try:
        return resolve_paths(ShortSpec.model_validate(data), base_dir=base_dir)
    except ValidationError:
        found = problems_of(data)
        raise SpecInvalid(problems=tuple(found.lines.values()), fields=tuple(found.lines), sound=found.sound) from None


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object that JSON's `pairs` make. Raises SpecInvalid for a key that is given twice."""
    fields: dict[str, Any] = {}
    for key, value in pairs:
        if key in fields:
            raise SpecInvalid(problems=(f"{key!r} is given twice",))
        fields[key] = value
    return fields


def _parse(text: str) -> object:
    """Return the data in `text`. JSON comes first: YAML reads its tabs and its escaped emoji in other ways."""
    try:
        return json.loads(text, object_pairs_hook=each_once)
    except ValueError:
        return yaml.load(text, _StrictLoader)  # noqa: S506  a SafeLoader


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return f"not readable as YAML or JSON: {error}"
