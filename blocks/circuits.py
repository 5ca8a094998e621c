"""The circuits of all outside services that fail: one small record of the artifact store, for all who share it."""

import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

from pydantic import TypeAdapter, ValidationError

from blocks.slots import slot
from blocks.store import ArtifactStore
from engines.circuit import Circuit

_KEY = "circuits"
_RECORD = TypeAdapter(tuple[Circuit, ...])
_GOOD_S = 2.0
_last: dict[str, tuple[float, dict[str, Circuit]]] = {}


def read_circuits(store: ArtifactStore) -> dict[str, Circuit]:
    """Return the circuit of every service that failed lately, by its name.

    A remote store is asked once in two seconds: each call to a service comes by here twice.
    """
    if not store.is_remote:
        return _read(store)
    seen_s, circuits = _last.get(store.url, (0.0, {}))
    if time.monotonic() - seen_s > _GOOD_S:
        circuits = _remember(store, _read(store))
    return dict(circuits)


def _remember(store: ArtifactStore, circuits: dict[str, Circuit]) -> dict[str, Circuit]:
    _last[store.url] = time.monotonic(), dict(circuits)
    return circuits


def _read(store: ArtifactStore) -> dict[str, Circuit]:
    with suppress(FileNotFoundError, ValidationError):  # a damaged record forgets what it knew
        return {circuit.service: circuit for circuit in _RECORD.validate_json(store.read_record(_KEY))}
    return {}


@contextmanager
def change_circuits(store: ArtifactStore) -> Generator[dict[str, Circuit]]:
    """Yield the circuits, and write back what the block makes of them.

    One process of a machine at a time. Two machines that share a remote store may count a failure only once.
    """
    with slot(store.root / "circuits", count=1):
        circuits = _read(store)
        yield circuits
        store.write_record(_KEY, _RECORD.dump_json(tuple(circuits.values())))
        _remember(store, circuits)
