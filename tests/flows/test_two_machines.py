"""A render that one machine has lost goes on upon another. They share a bucket and a Prefect API, and no disk."""

import io
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterName, TaskRunFilter

from blocks.object_store import ObjectStore
from models.report import RenderReport
from system import fleet
from tests.flows.pool import Installation
from tests.waiting import wait_for

pytestmark = pytest.mark.heavy

PROJECT = Path(__file__).parents[2]
SCENES = 8
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")


class Machine:
    """A machine of its own: its home, its cache, its settings; nothing of another's but addresses."""

    def __init__(self, root: Path, store: str, environment: Mapping[str, str] = os.environ) -> None:
        self.home, self.cache = root / "home", root / "cache"
        self.home.mkdir(parents=True)
        own = {name: value for name, value in environment.items() if name not in (*KEYS, "NEUROSHORTS_STORE")}
        self.environment = {
            **own,
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "PREFECT_HOME": str(self.home / "prefect"),
            "NEUROSHORTS_STORE": store,
            "NEUROSHORTS_CACHE_DIR": str(self.cache),
            "NEUROSHORTS_WORKERS": "1",
        }

    def start(self, spec: dict[str, Any], output: str) -> "subprocess.Popen[str]":
        path = self.home / "spec.json"
        path.write_text(json.dumps({**spec, "destination": output}))
        return subprocess.Popen(
            [sys.executable, "-m", "cli", "render", str(path), "--json"],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def start_worker(self) -> "subprocess.Popen[str]":
        """Take runs from the pool, one at a time."""
        options = ("--pool", fleet.POOL, "--type", "process", "--name", self.home.parent.name, "--limit", "1")
        with (self.home / "worker.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "prefect", "worker", "start", *options, "--work-queue", fleet.INTERACTIVE],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def blobs(self) -> set[str]:
        """The hashes of the blobs that are on this machine."""
        return {path.name.partition(".")[0] for path in self.cache.glob("blobs/*/*")}


def kill(process: "subprocess.Popen[str]") -> None:
    """End a process and all that it started at once, as when the machine is gone."""
    process.send_signal(signal.SIGSTOP)  # first, so that it starts nothing more meanwhile
    everyone = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for each in everyone:
        each.kill()
    process.communicate()
    psutil.wait_procs(everyone, timeout=30)


def finished(title: str) -> set[str]:
    """The steps of a render that the API knows to be finished."""
    named = FlowRunFilter(name=FlowRunFilterName(any_=[title]))
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(flow_run_filter=named, task_run_filter=TaskRunFilter(), limit=200)
    return {run.name for run in runs if run.state_name == "Completed"}


@pytest.fixture
def save(prefect_server: str, s3: Any) -> Callable[[], str]:
    """Return a function that saves the bucket as an object store and returns its name."""

    def saved() -> str:
        name = f"shared-{uuid.uuid4().hex[:8]}"
        ObjectStore(
            kind="s3",
            folder=s3.bucket,
            endpoint_url=s3.environment["AWS_ENDPOINT_URL"],
            region=s3.environment["AWS_DEFAULT_REGION"],
            path_style=True,
            access_key_id=s3.environment["AWS_ACCESS_KEY_ID"],
            secret_access_key=s3.environment["AWS_SECRET_ACCESS_KEY"],
        ).save(name)
        return name

    return saved


def long_spec(s3: Any, place: str, title: str) -> dict[str, Any]:
    """Scenes with a picture from the bucket that take a while each, one after another."""
    noise = np.random.default_rng(7).integers(0, 255, (96, 54, 3), np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).resize((540, 960), Image.Resampling.BICUBIC).save(content, "JPEG")
    s3.client.put_object(Bucket=s3.bucket, Key="in/noise.jpg", Body=content.getvalue())
    scenes = [
        {"visual": f"{place}/in/noise.jpg", "motion": "zoom_in", "min_duration_ms": 1000 + 40 * number}
        for number in range(SCENES)
    ]
    return {"title": title, "quality": "draft", "scenes": scenes}


def test_another_machine_goes_on_without_doing_again_what_is_finished(
    save: Callable[[], str], s3: Any, tmp_path: Path, figures: dict[str, float]
):
    name, title = save(), f"Two machines {uuid.uuid4().hex[:6]}"
    store, output = f"store://{name}/artifacts", f"store://{name}/out"
    spec = long_spec(s3, f"store://{name}", title)
    one, other = Machine(tmp_path / "one", store), Machine(tmp_path / "other", store)

    lost = one.start(spec, output)
    burned = lambda: {step for step in finished(title) if step.startswith("burn_subtitles")}  # noqa: E731
    wait_for(lambda: len(burned()) >= SCENES // 2 or lost.poll() is not None, timeout_s=180, what="half of the scenes")
    assert lost.poll() is None, lost.communicate()
    kill(lost)
    done = finished(title)
    assert SCENES // 2 <= len(burned()) < SCENES

    took_over = other.start(spec, output)
    out, err = took_over.communicate(timeout=180)
    assert took_over.returncode == 0, err
    report = RenderReport.model_validate_json(out)
    again = {step.name for step in report.steps if step.state != "cached"}
    assert done <= {step.name for step in report.steps}
    assert not again & done
    assert len([step for step in again if step.startswith("burn_subtitles")]) <= SCENES - len(burned() & done)
    figures["steps that the lost machine had finished"] = len(done)
    figures["steps that the other machine did"] = len(again)

    (video,) = [file for file in report.publication.files if file.name == "video.mp4"]
    key = video.uri.partition(f"{name}/")[2]
    assert len(s3.client.get_object(Bucket=s3.bucket, Key=key)["Body"].read()) == video.size
    assert one.blobs() & other.blobs()  # what the lost machine made, fetched from the bucket
    assert not s3.unfinished()
    assert not list((other.cache / "partial").glob("*"))


@pytest.fixture
def installation(tmp_path: Path) -> Generator[Installation]:
    made = Installation(tmp_path / "server")
    try:
        made.deploy(runs_at_once=2)
        yield made
    finally:
        made.end()


def test_a_worker_on_another_machine_takes_over_a_run(
    installation: Installation, s3: Any, tmp_path: Path, figures: dict[str, float]
):
    """The same with real workers of a pool, and keys from the environment: the run itself is handed on."""
    store, output = f"{s3.url}/artifacts", f"{s3.url}/out"
    spec = {**long_spec(s3, s3.url, "Handed on"), "destination": output}
    one, other = (Machine(tmp_path / name, store, installation.environment) for name in ("one", "other"))
    for machine in (one, other):
        machine.environment |= s3.environment

    worker = one.start_worker()
    with installation.client() as client:
        deployment = client.read_deployment_by_name("render-short/on-demand")
        run_id = client.create_flow_run_from_deployment(deployment.id, parameters={"spec": spec}).id

        def burned() -> dict[str, str]:
            wanted = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
            runs = client.read_task_runs(flow_run_filter=wanted, task_run_filter=TaskRunFilter(), limit=200)
            return {run.name: run.state_name for run in runs if run.name.startswith("burn_subtitles")}

        def state() -> str:
            found = client.read_flow_run(run_id).state
            return found.name if found else ""

        half = lambda: sum(name == "Completed" for name in burned().values()) >= SCENES // 2  # noqa: E731
        wait_for(half, timeout_s=240, what="half of the scenes")
        kill(worker)
        done = {name for name, ended in burned().items() if ended == "Completed"}
        assert len(done) < SCENES
        retry = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}
        client._client.post(f"/flow_runs/{run_id}/set_state", json={"state": retry, "force": True}).raise_for_status()

        worker = other.start_worker()
        wait_for(lambda: state() in ("Completed", "Failed", "Crashed"), timeout_s=300, what="the end")
        log = (other.home / "worker.log").read_text()
        kill(worker)
        assert state() == "Completed", log
    report = RenderReport.model_validate_json(s3.get("out/handed-on/report.json"))
    assert report.run_id == str(run_id)
    made = {step.name for step in report.steps if step.name.startswith("burn_subtitles") and step.state != "cached"}
    assert not made & done
    assert s3.head("out/handed-on/video.mp4")["ContentLength"] == report.publication.files[0].size
    assert one.blobs() & other.blobs()
    figures["scenes that the lost worker had finished"] = len(done)
    figures["scenes that the other worker encoded"] = len(made)
