"""Relative paths of a spec, made absolute from where the spec lies."""

import posixpath
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from models.addresses import ADDRESS
from models.base import Model
from models.spec import ShortSpec
from models.voice import Voice, VoiceProvider

M = TypeVar("M", bound=Model)
Absolute = Callable[[str], str]


def resolve_paths(spec: ShortSpec, *, base_dir: Path | str) -> ShortSpec:
    """Return `spec` with every relative local path made absolute from `base_dir`, a folder or a URL such as s3://….

    Paths stand in the fields of the types SourceAddress and VisualAddress, in the destination, and in Piper's voices.
    """

    def absolute(source: str) -> str:
        if ":" in source.split("/")[0]:
            return source
        path = Path(source).expanduser()
        if isinstance(base_dir, Path):
            return str((base_dir / path).resolve())
        return str(path) if path.is_absolute() else _below_url(base_dir, source)

    update: dict[str, Any] = {"voice": _with_model_paths(spec.voice, absolute)}
    if spec.destination is not None:
        update["destination"] = absolute(spec.destination)
    return _with_paths(spec, absolute).model_copy(update=update)


def _with_paths(model: M, absolute: Absolute) -> M:
    """Return the model with its addresses, and those of the models in it, made absolute; the rest as it was given."""
    addresses = _addresses(type(model))
    before = {name: getattr(model, name) for name in type(model).model_fields}
    after = {name: _resolved(value, absolute, is_address=name in addresses) for name, value in before.items()}
    return model.model_copy(update={name: value for name, value in after.items() if value != before[name]})


def _resolved(value: Any, absolute: Absolute, *, is_address: bool) -> Any:
    match value:
        case Model():
            return _with_paths(value, absolute)
        case tuple():
            return tuple(_resolved(item, absolute, is_address=is_address) for item in value)
        case str() if is_address:
            return absolute(value)
        case _:
            return value


@cache
def _addresses(kind: type[Model]) -> frozenset[str]:
    """Return the fields that hold addresses of sources."""
    fields = kind.model_fields.items()
    return frozenset(name for name, field in fields if ADDRESS in field.metadata or _is_marked(field.annotation))


def _is_marked(kind: Any) -> bool:
    return any(part == ADDRESS or _is_marked(part) for part in get_args(kind))


def _with_model_paths(voice: Voice, absolute: Absolute) -> Voice:
    """Return a voice with the path of its model, and those of the voices that stand in for it, made absolute."""
    name = _model_path(voice.provider, voice.name, absolute)
    fallback = tuple(_stand_in(each, absolute) for each in voice.fallback)
    return voice.model_copy(update={"name": name, "fallback": fallback})


def _stand_in(label: str, absolute: Absolute) -> str:
    provider, colon, name = label.partition(":")
    return f"{provider}{colon}{_model_path(provider, name, absolute)}"


def _model_path(provider: str, name: str, absolute: Absolute) -> str:
    """Return the name of a voice: Piper's may be a path; without a slash it is one of a folder that a block names."""
    return absolute(name) if provider == VoiceProvider.PIPER and "/" in name else name


def _below_url(base_url: str, path: str) -> str:
    """Return the address of a relative path; `..` leads up, but never out of the bucket or host."""
    scheme, _, location = base_url.partition("://")
    root, _, folder = location.partition("/")
    return f"{scheme}://{root}{posixpath.normpath(f'/{folder}/{path}')}"
