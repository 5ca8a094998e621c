"""Everything is lost but the backup: history is there again, cached steps are cached, cut off runs go on."""

import shutil
import subprocess
from uuid import UUID

import pytest
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

from tests.production.composition import PROJECT
from tests.production.topology import Topology
from tests.system.installation import long_spec, short_spec
from tests.waiting import wait_for

pytestmark = pytest.mark.heavy

RENDER_S = 240


def start(system: Topology, spec: dict[str, object]) -> UUID:
    with system.client() as client:
        deployment = client.read_deployment_by_name("render-short/on-demand")
        return client.create_flow_run_from_deployment(deployment.id, parameters={"spec": spec}).id


def state_name(system: Topology, run_id: UUID) -> str:
    with system.client() as client:
        state = client.read_flow_run(run_id).state
        return state.name if state else ""


def step_states(system: Topology, run_id: UUID) -> dict[str, str]:
    """The state of every step of a run by its name; that of its last attempt."""
    with system.client() as client:
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
        runs = client.read_task_runs(flow_run_filter=wanted, limit=200)
        return {run.name: run.state_name or "" for run in sorted(runs, key=lambda run: str(run.start_time))}


def history(system: Topology) -> str:
    """What the database tells of finished runs."""
    return system.postgres.query(
        "select id, name, start_time, end_time, (select count(*) from task_run where flow_run_id = flow_run.id)"
        " from flow_run where state_type = 'COMPLETED' order by id"
    )


def test_a_restored_system_goes_on(system: Topology):
    first = start(system, short_spec("Kept"))
    wait_for(lambda: state_name(system, first) == "Completed", timeout_s=RENDER_S, what="the first render")
    lost = start(system, long_spec(system.inbox, "Cut off", scenes=24))
    wait_for(
        lambda: [name for name, state in step_states(system, lost).items() if "burn" in name and state == "Completed"],
        timeout_s=RENDER_S,
        what="an encode of the second",
    )

    told = system.run("backup")

    assert "blobs" in told
    dumps = list((system.backups / "database").glob("*.dump"))
    assert len(dumps) == 1
    before = history(system)
    assert str(first) in before

    # The disaster: every process dies, the database, the events and the store are gone.
    for name in ("worker", "control", "services", "server"):
        system.processes[name].kill()
    system.redis.command("flushall")
    system.postgres.query(f'drop database "{system.postgres.database}" with (force)', database="postgres")
    shutil.rmtree(system.data / "store")

    system.run("backup", "deployments/restore.sh", "/backup")
    system.start("server").wait_until(lambda: system.is_ready)
    system.start("services")
    assert history(system) == before
    assert state_name(system, lost) == "Running"  # says the database, and nobody renders
    system.run("deploy")
    assert "1 runs were handed back" in system.run("deploy", "neuroshorts", "recover")
    assert state_name(system, lost) == "AwaitingRetry"

    system.start("worker")
    wait_for(lambda: state_name(system, lost) == "Completed", timeout_s=RENDER_S, what="the run that was cut off")
    assert "Cached" in {state for name, state in step_states(system, lost).items() if "burn" in name}

    again = start(system, short_spec("Kept"))
    wait_for(lambda: state_name(system, again) == "Completed", timeout_s=RENDER_S, what="the unchanged render")
    # The steps' states reach the server as events, a little later than the run's own.
    wait_for(lambda: set(step_states(system, again).values()) == {"Cached"}, timeout_s=60, what="only cached steps")
    assert (system.data / "output" / "kept" / "video.mp4").exists()


def test_the_next_backup_copies_only_what_is_new(system: Topology):
    def counts() -> list[int]:
        line = next(line for line in system.run("backup").splitlines() if "blobs" in line)
        return [int(word) for word in line.split() if word.isdigit()]

    counts()
    copied, records, there = counts()
    assert (copied, records) == (0, 0)
    assert there > 5
    assert len(list((system.backups / "database").glob("*.dump"))) >= 2


def test_a_damaged_dump_is_refused_before_anything_is_changed(system: Topology):
    dump = sorted((system.backups / "database").glob("*.dump"))[-1]
    content = dump.read_bytes()
    dump.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    before = history(system)
    ended = subprocess.run(
        ["deployments/restore.sh", str(system.backups)],
        env=system.environment("backup"),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode != 0
    assert dump.name in ended.stdout + ended.stderr
    assert history(system) == before
