"""Read a spec from YAML or JSON text, and tell every mistake at once."""

import json
import posixpath
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from engines.errors import SpecInvalid
from engines.spec_problems import problems_of
from models.base import Model
from models.spec import ShortSpec
from models.voice import VoiceProvider

M = TypeVar("M", bound=Model)

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
                raise yaml.MarkedYAMLError(problem=f"{key_node.value!r} stands twice", problem_mark=key_node.start_mark)
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
        raise SpecInvalid(problems=problems_of(data)) from None


def resolve_paths(spec: ShortSpec, *, base_dir: Path | str) -> ShortSpec:
    """Return `spec` with every relative local path made absolute from `base_dir`, a folder or a URL such as s3://…."""

    def absolute(source: str | None) -> str | None:
        if source is None or ":" in source.split("/")[0]:
            return source
        path = Path(source).expanduser()
        if isinstance(base_dir, Path):
            return str((base_dir / path).resolve())
        return str(path) if path.is_absolute() else _below_url(base_dir, source)

    named = ("visual", "second_visual", "voice_over", "sound")
    scenes = tuple(
        scene.model_copy(update={name: absolute(getattr(scene, name)) for name in named}) for scene in spec.scenes
    )
    voice = spec.voice.model_copy(
        update={
            "name": _model_path(spec.voice.provider, spec.voice.name, absolute),
            "fallback": tuple(_stand_in(said, absolute) for said in spec.voice.fallback),
        }
    )
    music = _with_paths(spec.music, ("track",), absolute)
    sound = _with_paths(spec.sound, ("transition_sound",), absolute)
    captions = _with_paths(spec.captions, ("source",), absolute)
    variants = tuple(_with_paths(variant, ("captions_source",), absolute) for variant in spec.variants)
    overlays = _with_paths(spec.overlays, ("logo",), absolute)
    visuals = tuple(absolute(visual) for visual in spec.visuals)
    return _with_paths(spec, ("intro", "outro"), absolute).model_copy(
        update={
            "scenes": scenes,
            "voice": voice,
            "voice_over": absolute(spec.voice_over),
            "music": music,
            "sound": sound,
            "captions": captions,
            "variants": variants,
            "overlays": overlays,
            "visuals": visuals,
            "destination": absolute(spec.destination),
        }
    )


def _with_paths(model: M, names: Sequence[str], absolute: Callable[[str | None], str | None]) -> M:
    """Return the model with some fields made absolute; those that were left out stay left out."""
    return model.model_copy(update={name: absolute(getattr(model, name)) for name in names if getattr(model, name)})


def _model_path(provider: str, name: str, absolute: Callable[[str | None], str | None]) -> str:
    """Return the name of a voice: Piper's may be a path; without a slash it is one of a folder that a block names."""
    return (absolute(name) or "") if provider == VoiceProvider.PIPER and "/" in name else name


def _stand_in(said: str, absolute: Callable[[str | None], str | None]) -> str:
    provider, colon, name = said.partition(":")
    return f"{provider}{colon}{_model_path(provider, name, absolute)}"


def _below_url(base_url: str, path: str) -> str:
    """Return the address of a relative path; `..` leads up, but never out of the bucket or host."""
    scheme, _, location = base_url.partition("://")
    root, _, folder = location.partition("/")
    return f"{scheme}://{root}{posixpath.normpath(f'/{folder}/{path}')}"


def _parse(text: str) -> object:
    """Return the data in `text`. JSON comes first: YAML reads its tabs and its escaped emoji in other ways."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except ValueError:
        return yaml.load(text, _StrictLoader)  # noqa: S506  a SafeLoader


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SpecInvalid(problems=(f"{twice!r} stands twice",))
    return data


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return f"not readable as YAML or JSON: {error}"
