"""Outside services: left alone when they ask for it or fail, by all processes, and counted."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate

from blocks.circuits import change_circuits, read_circuits
from blocks.store import ArtifactStore
from engines.circuit import MOST_FAILURES, Circuit, Phase
from engines.errors import DownloadFailed, RateLimitMissing, ServiceSuspended, SourceNotFound
from tasks.fetch import fetch_asset
from tasks.services import calling, service_ledger

SERVICE = "download example.org:443"
CALL = f"from tasks.services import calling\nwith calling({SERVICE!r}):\n    print('called')"


@pytest.fixture(autouse=True)
def api(prefect_server: str) -> None:
    """A Prefect server, which knows the rate limits."""


@pytest.fixture
def open_web(web: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The test's web server, which the settings allow to read from."""
    monkeypatch.setenv("NEUROSHORTS_ALLOW_PRIVATE_NETWORKS", "true")
    return web


def fail(service: str, times: int, **details: float) -> None:
    for _ in range(times):
        with pytest.raises(DownloadFailed), calling(service):
            raise DownloadFailed(source="x", reason="it answered 503", **details)


def trip(store: ArtifactStore, *, open_until_s: float) -> None:
    circuit = Circuit(service=SERVICE, failures=MOST_FAILURES, cooldown_s=15, open_until_s=open_until_s)
    with change_circuits(store) as circuits:
        circuits[SERVICE] = circuit


def test_a_pause_that_the_server_asks_for_is_kept(run: Any, open_web: Any, picture_bytes: bytes):
    open_web.page("/a.png", picture_bytes, headers={"Retry-After": "1"}, failures=1)
    (state,) = run(fetch_asset, (f"{open_web.url}/a.png", "scene 1"))
    assert state.is_completed()
    first, second = open_web.times_s[:2]
    assert second - first >= 0.99


def test_after_failures_in_a_row_nobody_calls(run: Any, open_web: Any):
    open_web.page("/a.png", status=503)
    open_web.page("/b.png", status=503)
    states = run(fetch_asset, (f"{open_web.url}/a.png", "scene 1"), (f"{open_web.url}/b.png", "scene 2"))
    assert all(isinstance(state.data.result, DownloadFailed | ServiceSuspended) for state in states)
    asked = len(open_web.requests)
    assert asked >= MOST_FAILURES
    with service_ledger() as ledger:
        (state,) = run(fetch_asset, (f"{open_web.url}/c.png", "scene 1"))
    error = state.data.result
    assert isinstance(error, ServiceSuspended)
    assert f"not called for {error.retry_after_s} s more" in str(error)
    assert len(open_web.requests) == asked
    (report,) = ledger.reports()
    assert (report.calls, report.circuit) == (0, "open")
    assert report.refused > 0


def test_other_processes_know(store: ArtifactStore):
    fail(SERVICE, 1, retry_after_s=3600.0)  # longer than a busy machine takes to start another process
    other = subprocess.run([sys.executable, "-c", CALL], capture_output=True, text=True, timeout=300, check=False)
    assert "called" not in other.stdout
    assert "ServiceSuspended" in other.stderr


def test_one_call_probes_a_service_whose_cooldown_is_over(store: ArtifactStore):
    trip(store, open_until_s=time.time() - 1)
    refused = Semaphore(0)

    def call() -> str:
        try:
            with calling(SERVICE):
                assert all(refused.acquire(timeout=300) for _ in range(3))
        except ServiceSuspended:
            refused.release()
            return "refused"
        return "called"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(future.result() for future in [pool.submit(call) for _ in range(4)])
    assert outcomes == ["called", "refused", "refused", "refused"]
    assert read_circuits(store) == {}
    with calling(SERVICE):
        pass


def test_a_probe_that_fails_opens_the_circuit_for_twice_as_long(store: ArtifactStore):
    trip(store, open_until_s=time.time() - 1)
    fail(SERVICE, 1)
    circuit = read_circuits(store)[SERVICE]
    assert circuit.cooldown_s == 30
    assert circuit.phase(time.time()) is Phase.OPEN


def test_a_service_that_answers_is_none_that_fails(store: ArtifactStore):
    fail(SERVICE, MOST_FAILURES - 1)
    with pytest.raises(SourceNotFound), calling(SERVICE):
        raise SourceNotFound(source="x")
    assert read_circuits(store) == {}


def test_a_long_pause_is_not_waited_for(store: ArtifactStore):
    fail(SERVICE, 1, retry_after_s=600.0)
    with pytest.raises(ServiceSuspended), calling(SERVICE):
        raise AssertionError


def test_a_damaged_record_is_forgotten(store: ArtifactStore):
    trip(store, open_until_s=time.time() + 60)
    store.write_record("circuits", b"{")
    with calling(SERVICE):
        pass


def test_a_rate_limit_of_the_services_name_is_kept(store: ArtifactStore):
    limited = "voice limited.example:443"
    with get_client(sync_client=True) as client:
        client.create_global_concurrency_limit(
            GlobalConcurrencyLimitCreate(name=limited, limit=1, slot_decay_per_second=2.0)
        )
    started = time.monotonic()
    with service_ledger() as ledger:
        for _ in range(4):
            with calling(limited):
                pass
    assert time.monotonic() - started >= 1.2
    (report,) = ledger.reports()
    assert report.calls == 4
    assert report.waited_s >= 1.2


def test_an_installation_can_want_a_rate_limit_for_every_service(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEUROSHORTS_STRICT_RATE_LIMITS", "true")
    with pytest.raises(RateLimitMissing, match="prefect global-concurrency-limit create"), calling("voice unknown"):
        raise AssertionError
