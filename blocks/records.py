"""What finished steps returned, kept as JSON in the artifact store, for Prefect to find under a step's cache key.

Many machines may write where the records lie, and a record names what it is read with: a serializer (pickle, say, which
runs whatever it is told to), classes, exceptions. Only what this module writes is read, and anything else is no record.
"""

import hashlib
import json
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

from prefect.filesystems import WritableFileSystem
from prefect.serializers import JSONSerializer, prefect_json_object_encoder
from prefect.utilities.importtools import from_qualified_name, to_qualified_name
from pydantic import PrivateAttr

from blocks.destinations import holds
from blocks.store import ArtifactStore, open_store
from engines.errors import NeuroShortsError, StoreCorrupt
from models.artifacts import ArtifactRef
from models.base import Model
from models.report import Publication, PublishedFile

M = TypeVar("M", bound=Model)
C = TypeVar("C")

_CLASS = re.compile(r"(models(\.[a-z_]+)+|engines\.errors)\.[A-Z]\w*", re.ASCII)
_SEAL = b'{"sha256":"'


class StepRecords(WritableFileSystem):
    """Result storage in the artifact store that the settings name.

    A record counts as absent when it, or a blob that it refers to, is not what was written, or when a published file is
    gone or has the wrong size: Prefect then runs the step again and replaces the record. Prefect's own local storage
    does not look, and writes in place.
    """

    _block_type_name = "NeuroShorts Step Records"
    _block_type_slug = "neuroshorts-step-records"
    _looked_at: dict[str, bytes] = PrivateAttr(default_factory=dict)

    def read_path(self, path: str, *, _sync: bool = True) -> bytes:  # type: ignore[override]
        """Return the record at `path` (a key, or the file it resolves to). Raises FileNotFoundError, StoreCorrupt.

        Prefect reads a record to see whether it is there, and at once again for what it says: each second time the
        content is what was found the time before, without a look.
        """
        seen = self._looked_at.pop(path, None)
        if seen is not None:
            return seen
        store = open_store()
        content, result = _read(store, path)
        if absent := store.absent(list(refs_in(result))):
            raise StoreCorrupt(uri=absent[0].uri, reason="is missing from the store or damaged")
        if _has_unproved_link(result):
            raise StoreCorrupt(uri=path, reason="has a share link that is to be proved again")
        for file in _nested(result, PublishedFile):
            if not holds(file):
                raise StoreCorrupt(uri=file.uri, reason="is no longer what was published there")
        self._looked_at[path] = content
        return content

    def write_path(self, path: str, content: bytes, *, _sync: bool = True) -> None:  # type: ignore[override]
        """Write or replace the record at `path` in one step."""
        self._looked_at.pop(path, None)
        open_store().write_record(_key(path), _sealed(content))

    def _resolve_path(self, path: str) -> Path | None:
        """Tell Prefect the file behind a key, so that other processes find the result of a run; None if remote."""
        store = open_store()
        if not path:
            return None if store.is_remote else store.root
        return store.record_path(_key(path))


def read_result(key: str) -> Any:
    """Return what a finished step recorded under its cache key; None if there is nothing, or not all of it any more."""
    try:
        content = StepRecords().read_path(key)
    except (FileNotFoundError, StoreCorrupt):
        return None
    return SERIALIZER.loads(json.loads(content)["result"].encode())


def published_bytes(path: str) -> int:
    """Return the size of all files that the step with the record at `path` has published; 0 if it is gone."""
    try:
        _, result = _read(open_store(), path)
    except (FileNotFoundError, StoreCorrupt):
        return 0
    return sum(file.size for file in _nested(result, PublishedFile))


def refs_in(value: Any) -> Generator[ArtifactRef]:
    """Yield every artifact reference nested in decoded JSON."""
    return _nested(value, ArtifactRef)


def _nested(value: Any, model: type[M]) -> Generator[M]:
    """Yield every `model` nested in decoded JSON, told by its fields."""
    if isinstance(value, dict):
        if value.keys() == model.model_fields.keys():
            yield model.model_validate(value)
        else:
            for item in value.values():
                yield from _nested(item, model)
    elif isinstance(value, list):
        for item in value:
            yield from _nested(item, model)


def _has_unproved_link(result: Any) -> bool:
    """Return whether a result is itself a publication whose link could not be proved; a report that has one is read."""
    data = result.get("data") if isinstance(result, dict) else None
    return isinstance(data, dict) and data.keys() == Publication.model_fields.keys() and bool(data["link_problem"])


def encode(value: Any) -> Any:
    """Encode what JSON cannot: models by class and data, our errors by class and details, others by their words."""
    if isinstance(value, NeuroShortsError):
        return {"__error__": to_qualified_name(type(value)), "details": value.details}
    return prefect_json_object_encoder(value)


def decode(value: dict[str, Any]) -> Any:
    """Decode what `encode` wrote. Raises ValueError for a class that is neither a model nor an error of ours."""
    if "__error__" in value:
        return _class(value["__error__"], NeuroShortsError)(**value["details"])
    if "__class__" in value:
        return _class(value["__class__"], Model).model_validate(value["data"])
    if "__exc_type__" in value:  # of another library: not imported to say what happened
        return RuntimeError(f"{value['__exc_type__']}: {value['message']}")
    return value


def _class(name: str, kind: type[C]) -> type[C]:
    """Return a class of this project by its full name."""
    found = from_qualified_name(name) if _CLASS.fullmatch(name) else None
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise ValueError(f"a record names {name!r}, which is no {kind.__name__} of this program")
    return found


SERIALIZER: JSONSerializer[Any] = JSONSerializer(
    object_encoder="blocks.records.encode", object_decoder="blocks.records.decode"
)
_SERIALIZED_BY = SERIALIZER.model_dump(mode="json")


def _read(store: ArtifactStore, path: str) -> tuple[bytes, Any]:
    """Return a record, written anew, and the decoded JSON of its result. Raises FileNotFoundError, StoreCorrupt."""
    content = _unsealed(store.read_record(_key(path)), path)
    try:
        record = json.loads(content)
        if record["metadata"]["serializer"] != _SERIALIZED_BY:
            raise StoreCorrupt(uri=path, reason="says that it is read in a way that no step writes")
        result = json.loads(record["result"])
        json.loads(record["result"], object_hook=decode)
    except (ValueError, KeyError, TypeError, AttributeError, ImportError, RecursionError):
        raise StoreCorrupt(uri=path, reason="is not a record") from None
    # Prefect takes more members than these two for parts of a record, and some in their place.
    return json.dumps({"metadata": record["metadata"], "result": record["result"]}).encode(), result


def _sealed(content: bytes) -> bytes:
    """Put the hash of a JSON object in front of its other members."""
    return _SEAL + hashlib.sha256(content).hexdigest().encode() + b'",' + content.removeprefix(b"{")


def _unsealed(content: bytes, path: str) -> bytes:
    """Return what was sealed; a record of an earlier version has no seal. Raises StoreCorrupt."""
    if not content.startswith(_SEAL):
        return content
    digest, _, rest = content.removeprefix(_SEAL).partition(b'",')
    original = b"{" + rest
    if hashlib.sha256(original).hexdigest().encode() != digest:
        raise StoreCorrupt(uri=path, reason="is not the record that was written")
    return original


def _key(path: str) -> str:
    return Path(path).name.removesuffix(".json")
