"""The deployment files for containers deploy as they stand, and the automations say what they promise."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.events.schemas.automations import Posture

from system.automations import load_automations
from system.workers import posts, worker_settings

PROJECT = Path(__file__).parents[2]
IMAGE = "registry.example/neuroshorts:1"


@pytest.mark.parametrize("kind", ["docker", "kubernetes"])
def test_container_pools_take_every_deployment(kind: str, prefect_server: str):
    file = PROJECT / "deployments" / f"{kind}.yaml"
    pool = f"renders-{kind}"
    environment = {
        "NEUROSHORTS_IMAGE": IMAGE,
        "NEUROSHORTS_STORE": "s3://shop/store",
        "NEUROSHORTS_DESTINATION": "s3://shop/out",
    }
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=pool, type=kind))
        ended = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)],
            cwd=PROJECT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        render = client.read_deployment_by_name("render-short/on-demand")
        nightly = client.read_deployment_by_name("render-batch/nightly")
    assert (render.work_pool_name, render.work_queue_name) == (pool, "interactive")
    assert render.job_variables["image"] == IMAGE
    assert render.job_variables["env"]["NEUROSHORTS_STORE"] == "s3://shop/store"
    assert render.pull_steps == [{"prefect.deployments.steps.set_working_directory": {"directory": "/app"}}]
    assert render.concurrency_options.collision_strategy == "ENQUEUE"
    assert not nightly.schedules[0].active


@pytest.mark.parametrize("kind", ["docker", "kubernetes"])
def test_container_files_deploy_what_prefect_yaml_does(kind: str):
    def entries(path: Path) -> list[dict[str, object]]:
        kept = ("name", "entrypoint", "schedules", "parameters", "concurrency_limit")
        return [{key: entry.get(key) for key in kept} for entry in yaml.safe_load(path.read_text())["deployments"]]

    assert entries(PROJECT / "deployments" / f"{kind}.yaml") == entries(PROJECT / "prefect.yaml")


def test_three_missing_heartbeats_are_noticed_within_two_minutes():
    heartbeat = next(automation for automation in load_automations({}) if automation.name == "renders-heartbeat")
    trigger = heartbeat.trigger
    frequency = timedelta(seconds=int(worker_settings()["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]))
    assert trigger.posture is Posture.Proactive
    assert 3 * frequency <= trigger.within <= timedelta(seconds=100)
    assert trigger.after == {"prefect.flow-run.Running", "prefect.flow-run.heartbeat"} < trigger.expect


def test_every_run_of_a_deployment_sends_the_heartbeats_that_it_is_watched_by():
    for name in ("prefect.yaml", "deployments/docker.yaml", "deployments/kubernetes.yaml"):
        for entry in yaml.safe_load((PROJECT / name).read_text())["deployments"]:
            variables = entry["work_pool"]["job_variables"]["env"]
            assert (
                variables["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == worker_settings()["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]
            ), (name, entry["name"])


def test_whoever_only_watches_has_a_worker_of_its_own():
    *renders, control = posts(workers=3)
    assert [post.limit for post in renders] == [1, 1, 1]
    assert all(set(post.queues) == {"interactive", "batch"} for post in renders)
    assert control.queues == ("control",)
