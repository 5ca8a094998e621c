"""A new version takes over while a render is under way, and what its database migrations did can be undone."""

import psutil
import pytest

from blocks.settings import get_settings
from tests.production.topology import Topology
from tests.system.installation import all_slots_taken, long_spec
from tests.waiting import wait_for

pytestmark = pytest.mark.heavy

RENDER_S = 240
VERSION = "select version_num from alembic_version"


def replace_everything(system: Topology) -> None:
    """What `docker compose up` does when the image has changed."""
    for name in ("worker", "control", "services", "server"):
        system.stop(name)
    system.run("migrate")
    system.start("server").wait_until(lambda: system.is_ready)
    system.start("services")
    system.run("deploy")
    system.start("control")
    system.start("worker")


def test_a_render_under_way_is_handed_over(system: Topology):
    words = system.services["worker"]["command"]
    system.stop("worker")
    system.services["worker"]["command"] = [*words[:-1], "3"]  # seconds to finish: too few
    worker = system.start("worker")
    with system.client() as client:
        deployment = client.read_deployment_by_name("render-short/on-demand")
        with all_slots_taken(system.data / "store", count=get_settings().scene_workers):
            spec = long_spec(system.inbox, "Handed over", scenes=8)
            run_id = client.create_flow_run_from_deployment(deployment.id, parameters={"spec": spec}).id
            wait_for(lambda: client.read_flow_run(run_id).state_name == "Running", timeout_s=RENDER_S, what="Running")
            assert worker.process is not None
            old = psutil.Process(worker.process.pid)
            replace_everything(system)
            assert not old.is_running()
        wait_for(lambda: client.read_flow_run(run_id).state_name == "Completed", timeout_s=RENDER_S, what="the render")
        states = [state.name for state in client.read_flow_run_states(run_id)]
    assert "AwaitingRetry" in states
    assert "Crashed" not in states


def test_migrations_can_be_undone_and_an_unknown_database_is_refused(system: Topology):
    for name in ("worker", "control", "services", "server"):
        system.stop(name)
    now = system.postgres.query(VERSION)
    system.run("migrate", "prefect", "server", "database", "downgrade", "--revision", "-1", "--yes")
    assert system.postgres.query(VERSION) != now
    system.run("migrate")
    assert system.postgres.query(VERSION) == now

    system.postgres.query("update alembic_version set version_num = 'ffffffffffff'")
    with pytest.raises(AssertionError, match="ffffffffffff"):
        system.run("migrate")
    system.postgres.query(f"update alembic_version set version_num = '{now}'")
