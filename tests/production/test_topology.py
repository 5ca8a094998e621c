"""The processes of the compose file work together on Postgres and Redis, behind a password."""

import time
from contextlib import suppress
from uuid import UUID

import httpx
import psutil
import pytest
from prefect.client.schemas.objects import FlowRun

from tests.ports import take_port
from tests.production.composition import PROJECT
from tests.production.databases import Service
from tests.production.topology import Topology
from tests.system.installation import long_spec, short_spec
from tests.waiting import wait_for

pytestmark = pytest.mark.heavy

RENDER_S = 180


def start(system: Topology, title: str) -> UUID:
    with system.client() as client:
        deployment = client.read_deployment_by_name("render-short/on-demand")
        return client.create_flow_run_from_deployment(deployment.id, parameters={"spec": short_spec(title)}).id


def finished(system: Topology, run_id: UUID) -> FlowRun:
    """The run once it has ended."""
    with system.client() as client:
        wait_for(
            lambda: (state := client.read_flow_run(run_id).state) is not None and state.is_final(),
            timeout_s=RENDER_S,
            what="the render",
        )
        return client.read_flow_run(run_id)


def test_a_render_completes_through_the_deployment(system: Topology):
    run = finished(system, start(system, "In production"))
    assert run.state is not None
    assert run.state.name == "Completed", run.state.message
    assert (system.data / "output" / "in-production" / "video.mp4").stat().st_size > 1000
    assert int(system.postgres.query("select count(*) from flow_run where state_name = 'Completed'")) >= 1
    streams = system.redis.command("--scan", "--pattern", "*events*")
    assert streams  # events pass through Redis


@pytest.mark.parametrize("name", ["server", "worker", "control"])
def test_health_checks_tell_the_living_from_the_dead(system: Topology, name: str):
    wait_for(lambda: system.is_healthy(name), timeout_s=60, what=f"{name} to be well")
    if name == "control":  # the others are needed
        system.stop(name)
        assert not system.is_healthy(name)


def test_nothing_is_told_without_the_password(system: Topology):
    with httpx.Client(base_url=system.api_url, trust_env=False) as client:
        assert client.get("/health").status_code == httpx.codes.OK  # for those who only look whether it lives
        assert client.get("/ready").status_code == httpx.codes.OK
        for path in ("/admin/version", "/flows/count"):
            assert client.request("POST" if "count" in path else "GET", path).status_code == httpx.codes.UNAUTHORIZED
        wrong = client.get("/admin/version", auth=("admin", "guess"))
        right = client.get("/admin/version", auth=tuple(system.auth.split(":")))  # type: ignore[arg-type]
    assert wrong.status_code == httpx.codes.UNAUTHORIZED
    assert right.status_code == httpx.codes.OK


def test_a_second_api_knows_what_the_first_does_and_cancelling_there_ends_the_encoders(system: Topology):
    port = take_port()
    second = system.processes["server-2"] = Service("server-2", system.root)
    environment = {**system.environment("server"), "PREFECT_SERVER_API_PORT": str(port)}
    second.start(system.command("server"), folder=PROJECT, environment=environment)
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}/api", auth=httpx.BasicAuth(*system.auth.split(":")), trust_env=False
    ) as there:
        second.wait_until(lambda: is_ready(there))
        deployment = there.get("/deployments/name/render-short/on-demand").json()
        spec = long_spec(system.inbox, "Cancelled", scenes=24)
        made = there.post(f"/deployments/{deployment['id']}/create_flow_run", json={"parameters": {"spec": spec}})
        run_id = UUID(made.raise_for_status().json()["id"])
        wait_for(lambda: encoders(system), timeout_s=RENDER_S, what="an encoder")
        there.post(f"/flow_runs/{run_id}/set_state", json={"state": {"type": "CANCELLING"}}).raise_for_status()
    wait_for(lambda: not encoders(system), timeout_s=60, what="the encoders' end")
    assert finished(system, run_id).state.name == "Cancelled"  # type: ignore[union-attr]
    second.stop()
    assert finished(system, start(system, "By the first")).state.name == "Completed"  # type: ignore[union-attr]
    for name in ("server", "server-2", "services"):
        assert "Traceback" not in (system.root / f"{name}.log").read_text(errors="replace")


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/ready").is_success
    except httpx.TransportError:
        return False


def encoders(system: Topology) -> list[psutil.Process]:
    """Every living ffmpeg that works in the system's store."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = process.cmdline()
            if "ffmpeg" in "".join(words[:1]) and any(str(system.data) in word for word in words):
                found.append(process)
    return found


def test_services_that_were_killed_go_on_where_they_stopped(system: Topology):
    system.processes["services"].process.kill()  # type: ignore[union-attr]
    run_id = start(system, "Meanwhile")
    assert finished(system, run_id).state.name == "Completed"  # type: ignore[union-attr]
    with system.client() as client:
        nightly = client.read_deployment_by_name("render-batch/nightly")
        schedule = f"/deployments/{nightly.id}/schedules/{nightly.schedules[0].id}"
        client._client.patch(schedule, json={"active": True}).raise_for_status()

        def planned() -> int:
            wanted = {"deployments": {"id": {"any_": [str(nightly.id)]}}}
            return int(client._client.post("/flow_runs/count", json=wanted).json())

        time.sleep(2)
        assert planned() == 0  # nobody plans
        system.processes["services"].stop()
        system.start("services")
        wait_for(planned, timeout_s=180, what="scheduled runs")
        client._client.patch(schedule, json={"active": False}).raise_for_status()
