"""Calls to outside services: not too many, not while a service is down, and counted for the report."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from threading import Lock

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import rate_limit
from prefect.exceptions import ObjectNotFound

from blocks.circuits import change_circuits, read_circuits
from blocks.settings import get_settings
from blocks.store import ArtifactStore, open_store
from engines.circuit import Circuit, Phase
from engines.errors import DiskFull, RateLimitMissing, ServiceSuspended, TransientError
from models.report import ServiceReport

LONGEST_WAIT_S = 60.0  # for a pause that a service asks for; a longer one fails the step
PROBE_S = 120.0  # for how long others leave a service alone while one call finds out whether it is back
_FAULTS = (TransientError, ConnectionError, TimeoutError)


@dataclass
class ServiceLedger:
    """What the steps of one run had to do with outside services."""

    entries: dict[str, dict[str, float]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def add(self, service: str, **amounts: float) -> None:
        """Add to the counts of a service."""
        with self.lock:
            entry = self.entries.setdefault(service, {"calls": 0, "failures": 0, "refused": 0, "waited_s": 0.0})
            for name, amount in amounts.items():
                entry[name] += amount

    def reports(self) -> tuple[ServiceReport, ...]:
        """Return a line for every service that was to be called, with the state of its circuit now."""
        if not self.entries:
            return ()
        circuits, now_s = read_circuits(open_store()), time.time()
        return tuple(
            ServiceReport.model_validate(
                {
                    **entry,
                    "name": service,
                    "circuit": circuits.get(service, Circuit(service=service)).phase(now_s).value,
                }
            )
            for service, entry in sorted(self.entries.items())
        )


# One ledger a flow run; task threads run in copies of the flow's context, and so share it.
_ledger: ContextVar[ServiceLedger | None] = ContextVar("service_ledger", default=None)


@contextmanager
def service_ledger() -> Generator[ServiceLedger]:
    """Count the calls of every step that is submitted inside the block."""
    ledger = ServiceLedger()
    token = _ledger.set(ledger)
    try:
        yield ledger
    finally:
        _ledger.reset(token)


@contextmanager
def calling(service: str | None) -> Generator[None]:
    """Call an outside service inside the block; None is no service.

    Waits for its rate limit, a global concurrency limit in Prefect of the service's name with a slot decay, if there
    is one. Waits through a pause that the service asked for, up to a minute. Raises ServiceSuspended while its circuit
    is open or another call is probing it, RateLimitMissing under NEUROSHORTS_STRICT_RATE_LIMITS. A fault that may pass
    counts against the service, any other outcome for it: it answered.
    """
    if service is None:
        yield
        return
    store = open_store()
    probed = _admit(store, service)
    _keep_rate(service)
    _count(service, calls=1)
    try:
        yield
    except _FAULTS as error:
        if isinstance(error, DiskFull):  # of this machine
            raise
        _count(service, failures=1)
        asked_s: float | None = getattr(error, "retry_after_s", None)
        _settle(store, service, probed, lambda circuit, now_s: circuit.failed(now_s, retry_after_s=asked_s))
        raise
    except Exception:
        _succeed(store, service, probed)
        raise
    _succeed(store, service, probed)


def is_paused(service: str) -> bool:
    """Return whether a service is left alone now."""
    circuit = read_circuits(open_store()).get(service)
    return circuit is not None and circuit.phase(time.time()) is Phase.OPEN


def pause(service: str, for_s: float | None) -> None:
    """Leave a service alone for as long as it said with an answer; None is not at all."""
    if for_s:
        with change_circuits(open_store()) as circuits:
            circuit = circuits.get(service) or Circuit(service=service)
            circuits[service] = circuit.failed(time.time(), retry_after_s=for_s)


def _admit(store: ArtifactStore, service: str) -> Circuit | None:
    """Wait or refuse as the circuit says; return it if this call probes a service that failed."""
    while (circuit := read_circuits(store).get(service)) is not None:
        now_s = time.time()
        match circuit.phase(now_s):
            case Phase.CLOSED:
                return None
            case Phase.HALF_OPEN:
                if _claim_probe(store, circuit, now_s):
                    return circuit
            case Phase.OPEN:
                wait_s = circuit.open_until_s - now_s
                if circuit.is_tripped or wait_s > LONGEST_WAIT_S:
                    _count(service, refused=1)
                    raise ServiceSuspended(service=service, retry_after_s=round(wait_s, 1), failures=circuit.failures)
                _count(service, waited_s=wait_s)
                time.sleep(wait_s)
    return None


def _claim_probe(store: ArtifactStore, circuit: Circuit, now_s: float) -> bool:
    """Open the circuit to all others while this call probes the service; False if another call did so first."""
    with change_circuits(store) as circuits:
        if circuits.get(circuit.service) != circuit:
            return False
        circuits[circuit.service] = circuit.model_copy(update={"open_until_s": now_s + PROBE_S})
    return True


def _succeed(store: ArtifactStore, service: str, probed: Circuit | None) -> None:
    if service in read_circuits(store):
        _settle(store, service, probed, lambda circuit, now_s: circuit.succeeded(now_s))


def _settle(
    store: ArtifactStore, service: str, probed: Circuit | None, outcome: Callable[[Circuit, float], Circuit]
) -> None:
    with change_circuits(store) as circuits:
        before = probed or circuits.get(service) or Circuit(service=service)
        after = outcome(before, time.time())
        if after == Circuit(service=service):
            circuits.pop(service, None)
        else:
            circuits[service] = after


def _keep_rate(service: str) -> None:
    if not _has_rate_limit(service):
        if get_settings().strict_rate_limits:
            raise RateLimitMissing(service=service)
        return
    started = time.monotonic()
    rate_limit(service)
    _count(service, waited_s=time.monotonic() - started)


@cache
def _has_rate_limit(service: str) -> bool:
    """Ask the API once for each service and process, which is one run."""
    with get_client(sync_client=True) as client:
        try:
            client.read_global_concurrency_limit_by_name(service)
        except ObjectNotFound:
            return False
    return True


def _count(service: str, **amounts: float) -> None:
    ledger = _ledger.get()
    if ledger is not None:
        ledger.add(service, **amounts)
