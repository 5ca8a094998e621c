"""A whole installation of a test's own, brought up by the command, and what a test does to it."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psutil
from PIL import Image
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
    TaskRunFilter,
)
from prefect.client.schemas.objects import Artifact, FlowRun, TaskRun

from blocks.slots import slot
from system.state import SystemState
from tests.ports import take_port

COMMAND = Path(sys.executable).with_name("neuroshorts")
UP_TIMEOUT_S = 600
# The server reads this where it works: schedules are looked at every other second and not every minute.
SERVER_SETTINGS = "[server.services.scheduler]\nloop_seconds = 2\n"
MOTIONS = ("zoom_in", "zoom_out", "pan_left", "pan_right")


class Installation:
    """What `neuroshorts up` brings up, in folders of its own below `root`, on a port of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.store, self.output, self.port = root, root / "store", root / "output", take_port()
        self.home = root / "data" / "neuroshorts" / "prefect"
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "NEUROSHORTS_"))}
        self.environment = {
            **own,
            "XDG_DATA_HOME": str(root / "data"),
            "XDG_CACHE_HOME": str(root / "cache"),
            "PREFECT_HOME": str(root / "prefect"),
            "NEUROSHORTS_STORE": str(self.store),
            "NEUROSHORTS_DESTINATION": str(self.output),
        }
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "prefect.toml").write_text(SERVER_SETTINGS)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def command(self, *words: str) -> str:
        """Run `neuroshorts` to its end and return what it printed."""
        ended = subprocess.run(
            [str(COMMAND), *words],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=UP_TIMEOUT_S,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def up(self, *, workers: int = 1) -> str:
        return self.command("up", "--workers", str(workers), "--port", str(self.port))

    def down(self) -> str:
        return self.command("down")

    def state(self) -> SystemState:
        return SystemState.model_validate_json((self.home / "system.json").read_bytes())

    def server(self) -> psutil.Process:
        return psutil.Process(json.loads((self.home / "server.json").read_text())["pid"])

    def worker(self, name: str) -> psutil.Process:
        """The living worker whose name ends so."""
        return next(psutil.Process(worker.pid) for worker in self.state().workers if worker.name.endswith(name))

    @contextmanager
    def client(self) -> Generator[SyncPrefectClient]:
        with SyncPrefectClient(self.api_url) as client:
            yield client

    def start(self, spec: dict[str, Any], deployment: str = "render-short/on-demand") -> UUID:
        """Start a run through the API, as n8n would."""
        with self.client() as client:
            found = client.read_deployment_by_name(deployment)
            return client.create_flow_run_from_deployment(found.id, parameters={"spec": spec}).id

    def run(self, run_id: UUID) -> FlowRun:
        with self.client() as client:
            return client.read_flow_run(run_id)

    def state_name(self, run_id: UUID) -> str:
        state = self.run(run_id).state
        return state.name if state else ""

    def history(self, run_id: UUID) -> list[str]:
        """The names of every state that a run has been in."""
        with self.client() as client:
            return [state.name for state in client.read_flow_run_states(run_id)]

    def set_state(self, run_id: UUID, **state: Any) -> None:
        """Change a run's state through the same call that the buttons of the UI make."""
        with self.client() as client:
            answer = client._client.post(f"/flow_runs/{run_id}/set_state", json={"state": state})
            assert answer.json()["status"] == "ACCEPT", answer.text

    def task_runs(self, run_id: UUID) -> list[TaskRun]:
        with self.client() as client:
            wanted = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
            return client.read_task_runs(flow_run_filter=wanted, task_run_filter=TaskRunFilter(), limit=200)

    def artifacts(self, run_id: UUID) -> dict[str, Artifact]:
        with self.client() as client:
            wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
            return {str(artifact.key): artifact for artifact in client.read_artifacts(artifact_filter=wanted)}

    def flow_process(self, run_id: UUID) -> psutil.Process | None:
        """The process that a run works in, wherever it is."""
        for process in psutil.process_iter():
            try:
                if process.environ().get("PREFECT__FLOW_RUN_ID") == str(run_id) and "engine" in " ".join(
                    process.cmdline()
                ):
                    return process
            except psutil.Error:
                continue
        return None

    def encoders(self) -> list[psutil.Process]:
        """Every living ffmpeg that works in this installation's store."""
        found = []
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
                if "ffmpeg" in "".join(words[:1]) and any(str(self.store) in word for word in words):
                    found.append(process)
            except psutil.Error:
                continue
        return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]

    def long_spec(self, title: str, *, scenes: int = 16, scene_ms: int = 3000) -> dict[str, Any]:
        return long_spec(self.root, title, scenes=scenes, scene_ms=scene_ms)


def long_spec(root: Path, title: str, *, scenes: int = 16, scene_ms: int = 3000) -> dict[str, Any]:
    """Draft scenes that together take a while to encode; the title's own picture keeps them out of the cache."""
    picture = root / f"{title}.png"
    noise = np.random.default_rng(zlib.crc32(title.encode())).integers(0, 255, (96, 54, 3), np.uint8)
    Image.fromarray(noise).resize((540, 960), Image.Resampling.BICUBIC).save(picture)
    shots = [
        {
            "visual": str(picture),
            "min_duration_ms": scene_ms + 40 * number,
            "motion": MOTIONS[number % len(MOTIONS)],
        }
        for number in range(scenes)
    ]
    return {"title": title, "quality": "draft", "scenes": shots}


@contextmanager
def all_slots_taken(store: Path, *, count: int) -> Generator[None]:
    """Let no encode begin inside the block: renders run, and wait, at no cost."""
    with ExitStack() as held:
        for _ in range(count):
            held.enter_context(slot(store / "slots", count=count))
        yield


def short_spec(title: str) -> dict[str, Any]:
    """The least that is a short."""
    scene = {"visual": "color:#204060", "min_duration_ms": 500}
    return {"title": title, "quality": "draft", "canvas": {"preset": "square"}, "scenes": [scene]}
