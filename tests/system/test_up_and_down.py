"""`up` brings up what is missing and changes nothing else; `down` ends what it started."""

import subprocess
import sys

import httpx
import psutil
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun

from system import deployments
from system.state import write_state
from tests.system.installation import Installation, short_spec
from tests.waiting import wait_for

DEPLOYMENTS = (
    "render-short/on-demand",
    "preview-frames/on-demand",
    "render-batch/on-demand",
    "render-batch/nightly",
    "deliver-callback/on-demand",
    "deliver-callback/sweep",
    "prune-store/weekly",
)


def test_everything_is_there_and_a_second_up_changes_nothing(installation: Installation):
    before, server = installation.state(), installation.server()
    with installation.client() as client:
        found = [client.read_deployment_by_name(name) for name in DEPLOYMENTS]
        queues = {queue.name: queue for queue in client.read_work_queues(work_pool_name="renders")}
        automations = client._client.post("/automations/filter", json={}).json()
    assert tuple(deployments.deployment_names()) == DEPLOYMENTS
    assert queues["interactive"].priority == 1
    assert queues["batch"].priority == 2
    assert queues["batch"].concurrency_limit == 1  # one of the two workers is left to single renders
    nightly = found[DEPLOYMENTS.index("render-batch/nightly")].schedules[0]
    assert not nightly.active
    assert nightly.schedule.timezone == "Europe/Berlin"
    assert {automation["name"] for automation in automations} == {
        "renders-callbacks",
        "renders-heartbeat",
        "renders-stuck",
    }

    printed = installation.up(workers=2)

    assert f"http://127.0.0.1:{installation.port}" in printed
    assert "+" not in printed
    assert installation.state() == before
    assert installation.server() == server
    with installation.client() as client:
        again = [client.read_deployment_by_name(name) for name in DEPLOYMENTS]
    assert [deployment.updated for deployment in again] == [deployment.updated for deployment in found]


def test_a_schedule_switched_on_makes_runs_and_stays_on_when_deployed_again(installation: Installation):
    with installation.client() as client:
        nightly = client.read_deployment_by_name("render-batch/nightly")
        assert not client.read_flow_runs(deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[nightly.id])))
        schedule = f"/deployments/{nightly.id}/schedules/{nightly.schedules[0].id}"
        client._client.patch(schedule, json={"active": True}).raise_for_status()

        def planned() -> list[FlowRun]:
            wanted = DeploymentFilter(id=DeploymentFilterId(any_=[nightly.id]))
            return client.read_flow_runs(deployment_filter=wanted)

        wait_for(planned, timeout_s=150, what="scheduled runs")
        assert {run.parameters["source"] for run in planned()} == {"inbox"}
        assert {run.work_queue_name for run in planned()} == {"control"}

        state = installation.state().model_copy(update={"deployed": "an earlier version"})
        write_state(installation.home, state)
        assert "deployment render-batch/nightly" in installation.up(workers=2)
        again = client.read_deployment_by_name("render-batch/nightly")
        assert [schedule.active for schedule in again.schedules] == [True]


def test_a_dead_worker_is_replaced_and_only_that_one(installation: Installation):
    victim = installation.worker("render-2")
    survivors = {worker for worker in installation.state().workers if worker.pid != victim.pid}
    victim.kill()
    wait_for(lambda: not victim.is_running() or victim.status() == psutil.STATUS_ZOMBIE, timeout_s=120, what="its end")
    printed = installation.up(workers=2)
    (replaced,) = set(installation.state().workers) - survivors
    changes = [line for line in printed.splitlines() if line.startswith("+")]
    assert changes == [f"+ worker {replaced.name}, health at {replaced.health_url}"]
    assert survivors < set(installation.state().workers)


def test_a_run_through_the_api_is_rendered_and_shown(installation: Installation):
    run_id = installation.start(short_spec("From outside"))
    wait_for(lambda: installation.run(run_id).state.is_final(), timeout_s=120, what="the render")
    assert installation.state_name(run_id) == "Completed"
    assert (installation.output / "from-outside" / "video.mp4").exists()
    assert {"render-video", "render-poster", "render-report"} <= installation.artifacts(run_id).keys()


def test_cancelled_it_leaves_no_encoder(installation: Installation):
    run_id = installation.start(installation.long_spec("Cancelled", scenes=24))
    wait_for(installation.encoders, timeout_s=120, what="an encoder")
    installation.set_state(run_id, type="CANCELLING")
    wait_for(lambda: not installation.encoders(), timeout_s=120, what="the encoders' end")
    wait_for(lambda: installation.state_name(run_id) == "Cancelled", timeout_s=120, what="Cancelled")
    assert not installation.encoders()
    assert not (installation.output / "cancelled").exists()


def test_workers_are_known_by_name_to_the_api(installation: Installation):
    with installation.client() as client:
        answer = client._client.post("/work_pools/renders/workers/filter", json={}).json()
    online = {worker["name"] for worker in answer if worker["status"] == "ONLINE"}
    assert {worker.name for worker in installation.state().workers} <= online


def test_every_worker_tells_of_its_health(installation: Installation):
    addresses = {worker.health_url for worker in installation.state().workers}
    assert len(addresses) == len(installation.state().workers)
    for address in addresses:
        wait_for(lambda address=address: answers(address), timeout_s=120, what=f"{address}")


def answers(address: str | None) -> bool:
    assert address is not None
    try:
        return httpx.get(address).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def test_down_ends_what_up_started_and_nothing_else(installation: Installation):
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=installation.root)
    try:
        exporter = installation.state().exporter
        assert exporter is not None
        started = [
            installation.server(),
            psutil.Process(exporter.pid),
            *(psutil.Process(worker.pid) for worker in installation.state().workers),
        ]
        assert all(process.is_running() for process in started)
        installation.down()
        assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in started)
        assert bystander.poll() is None
        assert "Nothing was running" in installation.down()
    finally:
        bystander.kill()
        bystander.communicate()
