"""When a step need not run again: the cache policy and the hash that it rests on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext
from pydantic import BaseModel

from blocks.records import StepRecords
from models.artifacts import ArtifactRef


@dataclass
class StepCache(CachePolicy):
    """Finds a step's earlier result by the step's name, its version and the content of its inputs.

    `version` is raised whenever the step would make something else of the same inputs. Inputs named in `exclude`
    (labels for people) do not count. Records are read and written through `StepRecords`, in any process, with no
    block saved beforehand.
    """

    version: int = 1
    exclude: frozenset[str] = frozenset()

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],
        **kwargs: object,
    ) -> str | None:
        """Return the key, 64 hexadecimal digits. Raises TypeError for an input that has no stable hash."""
        # Prefect asks for the key inside the run's context, before it looks for the record: the place to say where.
        task_ctx.result_store.result_storage = StepRecords()
        return self.key(task_ctx.task.name, inputs)

    def key(self, name: str, inputs: Mapping[str, Any]) -> str:
        """Return the key of the step `name` for `inputs`."""
        counted = {key: value for key, value in inputs.items() if key not in self.exclude}
        return stable_hash([name, self.version, counted])


def stable_hash(value: Any) -> str:
    """Return a hash of plain values and models that is the same in every process and on every machine.

    Equal values hash alike whatever the order of their dicts and sets; a tuple hashes as the list of its items; an
    ArtifactRef hashes as its content, wherever it is stored. Raises TypeError for anything else.
    """
    return hashlib.sha256(_dump(_canonical(value))).hexdigest()


def _canonical(value: Any) -> Any:
    """Return `value` as nested lists of strings and numbers in which different values never look alike."""
    match value:
        case None | bool():
            return value
        case ArtifactRef():
            return ["ref", value.sha256]
        case BaseModel():
            return ["model", type(value).__name__, _pairs(dict(value))]
        case Enum():  # before str and int: a StrEnum is both
            return ["enum", type(value).__name__, _canonical(value.value)]
        case str():
            return ["str", value]
        case int() | float() | Fraction():
            return [type(value).__name__, repr(value)]
        case bytes():
            return ["bytes", value.hex()]
        case Path():
            return ["path", str(value)]
        case _:
            return _canonical_collection(value)


def _canonical_collection(value: Any) -> Any:
    match value:
        case list() | tuple():
            return ["list", [_canonical(item) for item in value]]
        case set() | frozenset():
            return ["set", sorted((_canonical(item) for item in value), key=_dump)]
        case Mapping():
            return ["dict", _pairs(value)]
        case _:
            raise TypeError(
                f"a value of type {type(value).__qualname__} has no stable hash, so a step cannot be cached by it: "
                "pass a model, a reference or a plain value, or leave the parameter out of the key"
            )


def _pairs(mapping: Mapping[Any, Any]) -> list[Any]:
    return sorted(([_canonical(key), _canonical(value)] for key, value in mapping.items()), key=_dump)


def _dump(canonical: Any) -> bytes:
    return json.dumps(canonical, separators=(",", ":")).encode()
