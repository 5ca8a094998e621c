"""A whole installation of its own for heavy tests: a complete server, a work pool, the deployment, and workers."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

import psutil
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

from blocks import local_server
from system import fleet
from system.automations import apply_automations

PROJECT = Path(__file__).parents[2]
SETUP_TIMEOUT_S = 300


class Worker:
    """A process worker that leads a process group, and the processes that it starts."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        self.name, self.process = name, process

    def renders(self) -> list[psutil.Process]:
        """The processes of the runs that it has started and that have not ended."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def run_ids(self) -> set[UUID]:
        """The flow runs that these processes work for."""
        found = set()
        for process in self.renders():
            with suppress(psutil.Error):
                if run_id := process.environ().get("PREFECT__FLOW_RUN_ID"):
                    found.add(UUID(run_id))
        return found

    def freeze(self) -> None:
        """Stop the worker and all that it started where they are."""
        self.process.send_signal(signal.SIGSTOP)  # first, so that it starts no other meanwhile
        self._signal_renders(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal_renders(signal.SIGCONT)
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> int:
        """End a frozen worker and all that it started at once, as when its machine is gone; return how many."""
        count = 1 + len(self.renders())
        self._signal_renders(signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        return count

    def _signal_renders(self, number: int) -> None:
        for process in self.renders():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def stop(self) -> None:
        if self.process.poll() is None:
            children = self.renders()
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            for child in children:
                if child.is_running():
                    child.kill()


class Installation:
    """What `neuroshorts up` brings up, with workers that a test starts and ends one by one."""

    def __init__(self, root: Path) -> None:
        self.root, self.output = root, root / "output"
        self._workers, self._batches = list[Worker](), list[subprocess.Popen[str]]()
        self.home = root / "prefect"
        self.url = local_server.ensure_server(home=self.home, complete=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "NEUROSHORTS_"))},
            **local_server.client_environment(self.url, home=self.home),
            "NEUROSHORTS_STORE": str(root / "store"),
            "NEUROSHORTS_CACHE_DIR": str(root / "cache"),
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }

    def deploy(self, *, runs_at_once: int) -> None:
        """Create the pool, its queues, the automations and the deployment of `prefect.yaml`."""
        asyncio.run(self._prepare(runs_at_once))
        self.run("prefect", "--no-prompt", "deploy", "--name", "render-short/on-demand")

    async def _prepare(self, runs_at_once: int) -> None:
        with temporary_settings(updates={PREFECT_API_URL: self.url}):
            async with get_client() as client:
                await fleet.apply_pool(client, workers=runs_at_once + 1)  # one is kept for single renders
                await apply_automations(client, deployments=())

    def start_worker(self, name: str, *, limit: int) -> Worker:
        """Start a worker that takes the rows of batches, `limit` at once."""
        options = (
            "--pool",
            fleet.POOL,
            "--type",
            "process",
            "--name",
            name,
            "--limit",
            str(limit),
            "--work-queue",
            fleet.BATCH,
        )
        with (self.root / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "prefect", "worker", "start", *options],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = Worker(name, process)
        self._workers.append(worker)
        return worker

    def start_batch(self, source: Path, *options: str) -> "subprocess.Popen[str]":
        """Start the command as a process and leave it running."""
        with (self.root / "batch.log").open("ab") as log:
            batch = subprocess.Popen(
                [sys.executable, "-m", "cli", "batch", str(source), "--output", str(self.output), "--json", *options],
                cwd=PROJECT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._batches.append(batch)
        return batch

    def run(self, module: str, *arguments: str) -> str:
        """Run a command of the installation to its end."""
        command = [sys.executable, "-m", module, *arguments]
        ended = subprocess.run(
            command,
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SETUP_TIMEOUT_S,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    @contextmanager
    def client(self) -> Generator[SyncPrefectClient]:
        """A client of the installation's API."""
        with SyncPrefectClient(self.url) as client:
            yield client

    def runs(self, batch: str) -> list[FlowRun]:
        """Every run of a batch's rows."""
        tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"batch:{batch}"]))
        runs: list[FlowRun] = []
        with self.client() as client:
            while page := client.read_flow_runs(flow_run_filter=tagged, limit=200, offset=len(runs)):
                runs += page
        return runs

    def end(self) -> None:
        """End all that was started."""
        for batch in self._batches:
            batch.kill()
            batch.wait()
        for worker in self._workers:
            worker.stop()
        local_server.stop_server(home=self.home)
