"""The installation under attack: `neuroshorts up`, a machine apart with a small disk, an object store, a receiver."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import boto3
import httpx
import psutil
from botocore.config import Config
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import AwaitingRetry

from blocks.local_server import client_environment
from system.workers import worker_settings
from tests.chaos.plan import Batch, Render
from tests.fault_proxy import FaultProxy, TcpProxy
from tests.ports import take_port
from tests.receiver import Receiver
from tests.system.installation import COMMAND, Installation

R = TypeVar("R")

OUTPUTS, REMOTE_STORE = "shorts", "artifacts"
SMALL_DISK_MIB = 320
APART = "apart"
_TRIED_AGAIN = re.compile(r"Task run failed with exception: (\w+)\(.* - Retry ")
_PASSING = (httpx.TransportError, PrefectHTTPStatusError)
_KEYS = {"AWS_ACCESS_KEY_ID": "chaos", "AWS_SECRET_ACCESS_KEY": "chaos", "AWS_DEFAULT_REGION": "us-east-1"}


class World(Installation):
    """Two workers of this machine, and one apart that reaches the server through a proxy.

    They share a store on a small disk, or in a bucket behind a proxy; then their copies of it are on small disks.
    """

    def __init__(self, root: Path, *, in_bucket: bool) -> None:
        super().__init__(root)
        self.in_bucket = in_bucket
        self.temporary, self.disk = root / "temporary", root / "disk"
        for folder in (self.temporary, self.disk):
            folder.mkdir()
        self.disk_is_small = _mount(self.disk)
        self.receiver, self.s3_port = Receiver(), take_port()
        self._moto = self._start_moto()
        self.s3_proxy = FaultProxy("127.0.0.1", self.s3_port)
        self.api_proxy = TcpProxy("127.0.0.1", self.port)
        self._going_up = threading.Lock()
        self.apart: subprocess.Popen[bytes] | None = None
        self.batch_runs = set[str]()
        self.store = self.disk / "store"
        self.caches = (self.disk / "here", self.disk / APART) if in_bucket else ()
        self.environment |= {
            **_KEYS,
            **self._store_environment(self.disk / "here"),
            "AWS_ENDPOINT_URL_S3": self.s3_proxy.url,
            "NEUROSHORTS_CALLBACK_HOSTS": '["127.0.0.1"]',
            "TMPDIR": str(self.temporary),
        }

    @property
    def bucket_url(self) -> str:
        return f"s3://{OUTPUTS}"

    def _store_environment(self, cache: Path) -> dict[str, str]:
        store = f"s3://{REMOTE_STORE}/store" if self.in_bucket else str(self.store)
        return {"NEUROSHORTS_STORE": store, "NEUROSHORTS_CACHE_DIR": str(cache)}

    @property
    def stores(self) -> tuple[Path, ...]:
        """The folders of this machine that have blobs."""
        return self.caches or (self.store,)

    def s3(self) -> Any:
        """A client of the object store itself, past the proxy."""
        endpoint = f"http://127.0.0.1:{self.s3_port}"
        keys = {"aws_access_key_id": "chaos", "aws_secret_access_key": "chaos", "region_name": "us-east-1"}
        return boto3.client("s3", endpoint_url=endpoint, config=Config(retries={"max_attempts": 5}), **keys)

    def begin(self) -> None:
        """Bring everything up."""
        for bucket in (OUTPUTS, REMOTE_STORE):
            self.s3().create_bucket(Bucket=bucket)
        self.up(workers=2)
        self.start_apart()

    def start_apart(self) -> None:
        """Start the worker of the machine apart, which reaches the server through a proxy."""
        url = f"http://127.0.0.1:{self.api_proxy.port}/api"
        own = {**self._store_environment(self.disk / APART), "NEUROSHORTS_DESTINATION": str(self.output)}
        queues = ("--work-queue", "interactive", "--work-queue", "batch")
        with (self.root / f"{APART}.log").open("ab") as log:
            self.apart = subprocess.Popen(
                [sys.executable, "-m", "system.worker", "--pool", "renders", *queues, "--name", APART],
                cwd=Path(__file__).parents[2],
                env={**self.environment, **worker_settings(), **client_environment(url, home=self.home), **own},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def renew(self) -> None:
        """Do what whoever operates the system does when something is gone: bring it up again, as often as need be."""
        with self._going_up:
            for _ in range(6):
                words = (str(COMMAND), "up", "--workers", "2", "--port", str(self.port))
                ended = subprocess.run(
                    words, cwd=self.root, env=self.environment, capture_output=True, timeout=300, check=False
                )
                if ended.returncode == 0:
                    break
                time.sleep(2)
            if self.apart is None or self.apart.poll() is not None:
                self.start_apart()

    def workers(self) -> list[psutil.Process]:
        """The living workers that render."""
        found = [
            psutil.Process(each.pid) for each in self.state().workers if "-render-" in each.name and _lives(each.pid)
        ]
        if self.apart is not None and self.apart.poll() is None:
            found.append(psutil.Process(self.apart.pid))
        return found

    def runs_at_work(self) -> list[psutil.Process]:
        """The processes that render now."""
        found = []
        for worker in self.workers():
            with suppress(psutil.Error):
                found += [each for each in worker.children() if each.status() != psutil.STATUS_ZOMBIE]
        return found

    def control(self) -> psutil.Process | None:
        """The worker whose runs feed and watch batches."""
        lives = [psutil.Process(each.pid) for each in self.state().workers if "-control" in each.name]
        return next((each for each in lives if _lives(each.pid)), None)

    def batches_at_work(self) -> list[psutil.Process]:
        """The processes that feed batches now."""
        worker = self.control()
        with suppress(psutil.Error):
            children = worker.children() if worker else ()
            return [each for each in children if each.environ().get("PREFECT__FLOW_RUN_ID") in self.batch_runs]
        return []

    def encoders_at_work(self) -> list[psutil.Process]:
        """The ffmpeg processes that work now."""
        found = []
        for run in self.runs_at_work():
            with suppress(psutil.Error):
                found += [each for each in run.children(recursive=True) if "ffmpeg" in each.name()]
        return found

    def submit(self, render: Render) -> UUID | None:
        """Ask for a render under its key; None when the server did not answer."""
        spec = dict(render.spec)
        if render.has_callback:
            spec["callback_url"] = self.receiver.url
        parameters = {"spec": spec, "destination": self.place_of(render)}
        return self._ask("render-short/on-demand", parameters, name=render.title, key=render.key)

    def submit_batch(self, batch: Batch, source: Path) -> UUID | None:
        """Ask for a batch on the pool under its key; None when the server did not answer."""
        parameters = {"source": str(source), "destination": self.place_of(batch), "where": "pool", "at_once": 5}
        return self._ask("render-batch/on-demand", parameters, name=batch.name, key=batch.key)

    def place_of(self, asked: Render | Batch) -> str:
        """The folder or bucket that something is published to."""
        return self.bucket_url if asked.in_bucket else str(self.output)

    def _ask(self, deployment: str, parameters: dict[str, Any], *, name: str, key: str) -> UUID | None:
        def create() -> UUID:
            with self.client() as client:
                found = client.read_deployment_by_name(deployment)
                return client.create_flow_run_from_deployment(
                    found.id, parameters=parameters, name=name, idempotency_key=key
                ).id

        return _unless_away(create)

    def look(self, run_ids: list[UUID]) -> list[FlowRun]:
        """Read the runs; none when the server does not answer."""

        def read() -> list[FlowRun]:
            with self.client() as client:
                wanted = FlowRunFilter(id=FlowRunFilterId(any_=run_ids))
                return client.read_flow_runs(flow_run_filter=wanted, limit=200)

        return _unless_away(read) or []

    def renders(self) -> list[FlowRun]:
        """Every run of a render that the server knows of, whoever asked for it."""
        wanted, found = FlowFilter(name=FlowFilterName(any_=["render-short"])), list[FlowRun]()
        with self.client() as client:
            while page := client.read_flow_runs(flow_filter=wanted, limit=200, offset=len(found)):
                found += page
        return found

    def rows(self, batches: Iterable[Batch]) -> dict[Render, list[FlowRun]]:
        """The runs of every row of the batches that was ever started, as they ended."""
        renders = {row.title: row for batch in batches for row in batch.rows}
        found: dict[Render, list[FlowRun]] = {}
        for run in self.renders():
            if render := renders.get(run.parameters["spec"]["title"]):
                found.setdefault(render, []).append(run)
        return found

    def retry(self, run_id: UUID) -> bool:
        """Press Retry; return whether the server heard it."""

        def press() -> bool:
            with self.client() as client:
                client.set_flow_run_state(run_id, AwaitingRetry(message="Retry, by whoever operates this"))
                return True

        return bool(_unless_away(press))

    def steps(self, run_ids: list[UUID]) -> list[TaskRun]:
        """Every step of the runs."""
        wanted, found = FlowRunFilter(id=FlowRunFilterId(any_=run_ids)), list[TaskRun]()
        with self.client() as client:
            while page := client.read_task_runs(flow_run_filter=wanted, limit=200, offset=len(found)):
                found += page
        return found

    def step_faults(self) -> Counter[str]:
        """What steps were tried again for, as the workers' logs tell."""
        logs = [self.root / f"{APART}.log", *self.home.glob("*-render-*.log")]
        return Counter(name for log in logs for name in _TRIED_AGAIN.findall(log.read_text(errors="replace")))

    def own_processes(self) -> list[psutil.Process]:
        """Every living process that was started in this installation, however far from it by now."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if (
                    process.environ().get("TMPDIR", "").startswith(str(self.temporary))
                    and process.status() != psutil.STATUS_ZOMBIE
                ):
                    found.append(process)
        return found

    def finish(self) -> None:
        """End what runs, as its operator does."""
        if self.apart is not None:
            self.apart.send_signal(signal.SIGTERM)
            self.apart.wait(90)
        self.down()

    def destroy(self) -> None:
        """End what is left, however the test ended."""
        if self.apart is not None and self.apart.poll() is None:
            self.apart.kill()
        with suppress(AssertionError, subprocess.TimeoutExpired):
            self.down()
        for process in self.own_processes():
            with suppress(psutil.Error):
                process.kill()
        self._moto.kill()
        self._moto.wait()
        self.s3_proxy.close()
        self.api_proxy.close()
        self.receiver.close()
        if self.disk_is_small:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=False)

    def _start_moto(self) -> "subprocess.Popen[bytes]":
        with (self.root / "moto.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.s3_port)],
                env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{self.s3_port}/", trust_env=False)
                return process
            time.sleep(0.2)
        raise AssertionError("the object store does not answer")


def events_of(receiver: Receiver) -> list[dict[str, Any]]:
    """What the receiver was told, in the order in which it came."""
    return [json.loads(body) for _, body in list(receiver.posts)]


def _unless_away(call: Callable[[], R]) -> R | None:
    try:
        return call()
    except _PASSING:
        return None


def _lives(pid: int) -> bool:
    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _mount(folder: Path) -> bool:
    """Give a folder a disk of its own, in memory; False where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MIB}m", "tmpfs", str(folder)]
    with suppress(FileNotFoundError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False
