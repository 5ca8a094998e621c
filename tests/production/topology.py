"""The compose file's system without containers: the same commands and variables, on Debian's Postgres and Redis.

Names of hosts and fixed ports become loopback ports of the test's own, the folders of volumes become folders below
the test's own; everything else is as the file says.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from prefect.client.orchestration import SyncPrefectClient

from tests.ports import take_port
from tests.production.composition import PROJECT, environment_of, load_services, required_variables
from tests.production.databases import Postgres, Redis, Service

ONE_SHOT_TIMEOUT_S = 300


class Topology:
    """The system's processes, each known by its service's name (with a number for more than one)."""

    def __init__(self, root: Path) -> None:
        self.root, self.data, self.inbox, self.backups = root, root / "data", root / "inbox", root / "backups"
        for folder in (self.data, self.inbox, root / "home"):
            folder.mkdir(parents=True)
        self.auth = f"admin:{secrets.token_hex(8)}"
        self.port = take_port()
        made_up = {name: secrets.token_hex(8) for name in required_variables()}
        self.services = load_services({**made_up, "PREFECT_AUTH": self.auth})
        database = environment_of(self.services["postgres"])
        self.postgres = Postgres(
            root / "postgres",
            user=database["POSTGRES_USER"],
            password=database["POSTGRES_PASSWORD"],
            database=database["POSTGRES_DB"],
        )
        self.redis = Redis(root / "redis", password=environment_of(self.services["redis"])["REDISCLI_AUTH"])
        self.processes: dict[str, Service] = {}
        self._health_ports: dict[str, int] = {}

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def up(self, *, workers: int = 1) -> None:
        """Start everything in the order of the compose file, `workers` render workers and one for control."""
        self.up_server()
        self.run("deploy")
        for number in range(1, workers + 1):
            self.start("worker", number)
        self.start("control")

    def up_server(self) -> None:
        """Start the databases, the API and the background services."""
        self.postgres.up(*self.services["postgres"]["command"][1:])
        self.redis.up(*self.services["redis"]["command"][1:])
        self.run("migrate")
        self.start("server").wait_until(lambda: self.is_ready)
        self.start("services")

    def down(self) -> None:
        """End everything, the databases last."""
        for name in reversed(list(self.processes)):
            self.stop(name)
        self.redis.down()
        self.postgres.down()

    def start(self, name: str, number: int = 1) -> Service:
        """Start a process of a service."""
        known = name if number == 1 else f"{name}-{number}"
        service = self.processes.setdefault(known, Service(known, self.root))
        environment = self.environment(name)
        self._health_ports[known] = int(environment.get("PREFECT_WORKER_WEBSERVER_PORT", "0"))
        service.start(self.command(name), folder=PROJECT, environment=environment)
        return service

    def is_healthy(self, known: str) -> bool:
        """Whether a process passes the health check that the compose file has for its service."""
        _, *words = self.services[known.partition("-")[0]]["healthcheck"]["test"]
        check = [word.replace("127.0.0.1:8080", f"127.0.0.1:{self._health_ports[known]}") for word in words]
        return subprocess.run(self._here(check), capture_output=True, timeout=60, check=False).returncode == 0

    def stop(self, known: str) -> None:
        """End a process as docker would: by the service's signal."""
        number = self.services[known.partition("-")[0]].get("stop_signal", "SIGTERM")
        self.processes[known].stop(signal.Signals[number], grace_s=90)

    def run(self, name: str, *words: str) -> str:
        """Run a service that ends by itself, with `words` in place of its command if any; return what it printed."""
        ended = subprocess.run(
            self._here(words) if words else self.command(name),
            cwd=PROJECT,
            env=self.environment(name),
            capture_output=True,
            text=True,
            timeout=ONE_SHOT_TIMEOUT_S,
            check=False,
        )
        assert ended.returncode == 0, f"{name}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def command(self, name: str) -> list[str]:
        """The command of a service as it is run here."""
        return self._here(self.services[name]["command"])

    def environment(self, name: str) -> dict[str, str]:
        """The variables of a service as they are here, and none of this process's own settings."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "NEUROSHORTS_"))}
        wanted = {key: self._translate(value) for key, value in environment_of(self.services[name]).items()}
        programs = (str(Path(sys.executable).parent), self.postgres.client_environment["PATH"])
        own["PATH"] = os.pathsep.join(programs)
        return {**own, "PREFECT_HOME": str(self.root / "home" / name), **wanted}

    @property
    def is_ready(self) -> bool:
        """Whether the API says that it can serve."""
        try:
            return httpx.get(f"{self.api_url}/ready", timeout=5, trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    @contextmanager
    def client(self) -> Generator[SyncPrefectClient]:
        """A client that knows the password."""
        with SyncPrefectClient(self.api_url, auth_string=self.auth) as client:
            yield client

    def _here(self, words: Sequence[Any]) -> list[str]:
        program, *rest = (self._translate(str(word)) for word in words)
        return [program if "/" in program else str(Path(sys.executable).with_name(program)), *rest]

    def _translate(self, text: str) -> str:
        for there, here in {
            "@postgres:5432": f"@{self.postgres.address}",
            "@redis:6379": f"@{self.redis.address}",
            "//server:4200": f"//127.0.0.1:{self.port}",
            "127.0.0.1:4200": f"127.0.0.1:{self.port}",
            "0.0.0.0": "127.0.0.1",
            "/data/": f"{self.data}/",
            "/app/inbox": str(self.inbox),
        }.items():
            text = text.replace(there, here)
        # Whole words: ports that a process listens on, and where backup.sh finds and leaves things.
        return {
            "4200": str(self.port),
            "8080": str(take_port()),
            "postgres": "127.0.0.1",
            "/backup": str(self.backups),
            "5432": str(self.postgres.port),
        }.get(text, text)
