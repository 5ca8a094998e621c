"""The effects there are: every module of `engines.visuals.effects` says which ones it offers."""

import hashlib
import importlib
import pkgutil
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from moviepy import Effect, VideoClip

from engines.errors import EffectInvalid, EffectUnknown
from engines.visuals import effects
from models.shots import EffectUse


class EffectKind(StrEnum):
    """What an effect is for."""

    TRANSITION = "transition"
    LOOK = "look"


class Offered(NamedTuple):
    """What a module offers under one name.

    `make` returns the effect: a look's takes nothing, a transition's takes the clip that it takes over from and its
    length in seconds.
    """

    name: str
    summary: str
    make: Callable[..., Effect]
    kind: EffectKind
    file: Path


def add_folder(folder: Path) -> None:
    """Look for effects in another folder, too: a module of it is found as if it lay beside those that come along."""
    if str(folder) not in effects.__path__:
        effects.__path__.append(str(folder))
        catalogue.cache_clear()


@cache
def catalogue() -> dict[str, Offered]:
    """Return every effect by its name. Raises EffectInvalid."""
    found: dict[str, Offered] = {}
    for module in pkgutil.iter_modules(effects.__path__):
        loaded, file = _loaded(module)
        for kind, attribute in ((EffectKind.TRANSITION, "TRANSITIONS"), (EffectKind.LOOK, "LOOKS")):
            for name, (summary, make) in getattr(loaded, attribute, {}).items():
                if name in found:
                    raise EffectInvalid(path=str(file), reason=f"{found[name].file} has an effect {name!r}, too")
                found[name] = Offered(name, summary, make, kind, file)
    return found


def _loaded(module: pkgutil.ModuleInfo) -> tuple[ModuleType, Path]:
    try:
        loaded = importlib.import_module(f"{effects.__name__}.{module.name}")
    except (ImportError, SyntaxError, AttributeError, NameError, TypeError, ValueError) as error:
        path = Path(getattr(module.module_finder, "path", ""), f"{module.name}.py")
        raise EffectInvalid(path=str(path), reason=f"{type(error).__name__}: {error}") from error
    return loaded, Path(loaded.__file__ or "")


def use_of(name: str, kind: EffectKind) -> EffectUse:
    """Return an effect as steps know it: by its name and the content of its file. Raises EffectUnknown."""
    offered = catalogue().get(name)
    if offered is None or offered.kind is not kind:
        known = ", ".join(effect.name for effect in catalogue().values() if effect.kind is kind)
        raise EffectUnknown(kind=kind.value, name=name, known=known)
    return EffectUse(name=name, sha256=_file_hash(offered.file))


def look(use: EffectUse) -> Effect:
    """Return a look, ready to be laid over a clip."""
    return catalogue()[use.name].make()


def transition(use: EffectUse, outgoing: VideoClip, duration_s: float) -> Effect:
    """Return a transition out of `outgoing`, which plays from 0 during its `duration_s` seconds."""
    return catalogue()[use.name].make(outgoing, duration_s)


@cache
def _file_hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
