"""The circuits of all outside services that fail: one small record of the artifact store, for all who share it."""

from collections.abc import Generator
from contextlib import contextmanager, suppress

from pydantic import TypeAdapter, ValidationError

from blocks.slots import slot
from blocks.store import ArtifactStore
from engines.circuit import Circuit

_KEY = "circuits"
_RECORD = TypeAdapter(tuple[Circuit, ...])


def read_circuits(store: ArtifactStore) -> dict[str, Circuit]:
    """Return the circuit of every service that failed lately, by its name."""
    with suppress(FileNotFoundError, ValidationError):  # a damaged record forgets what it knew
        return {circuit.service: circuit for circuit in _RECORD.validate_json(store.read_record(_KEY))}
    return {}


@contextmanager
def change_circuits(store: ArtifactStore) -> Generator[dict[str, Circuit]]:
    """Yield the circuits, and write back what the block makes of them.

    One process of a machine at a time. Two machines that share a remote store may count a failure only once.
    """
    with slot(store.root / "circuits", count=1):
        circuits = read_circuits(store)
        yield circuits
        store.write_record(_KEY, _RECORD.dump_json(tuple(circuits.values())))
