"""Debian's Postgres and Redis as processes of a test's own: free loopback ports, a folder of their own, ended by id."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from tests.ports import take_port

START_TIMEOUT_S = 120
# Postgres refuses to run as root, and Debian's packages bring this account along.
_ACCOUNT = "postgres"


def missing_programs() -> list[str]:
    """The names of what must be installed for these tests and is not."""
    wanted = {"postgresql": _postgres_program("postgres"), "redis-server": shutil.which("redis-server")}
    return [name for name, found in wanted.items() if not found]


class Service:
    """A process that leads a session of its own and writes a log."""

    def __init__(self, name: str, root: Path, *, account: str | None = None) -> None:
        self.name, self.root, self.log, self._account = name, root, root / f"{name}.log", account
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> None:
        """Start the process; one at a time."""
        assert not self.is_running, f"{self.name} is running already"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self._account,
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, number: signal.Signals = signal.SIGTERM, *, grace_s: float = 30) -> None:
        """Send a signal, then SIGKILL to the whole session after `grace_s`."""
        if self.process is None:
            return
        if self.is_running:
            self.process.send_signal(number)
            try:
                self.process.wait(grace_s)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process = None

    def kill(self) -> None:
        """End the process and all that it started at once, as when its machine is gone."""
        assert self.process is not None
        own = psutil.Process(self.process.pid)
        family = [own, *own.children(recursive=True)]
        for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first, so that none starts another meanwhile
            for member in family:
                with suppress(psutil.NoSuchProcess):
                    member.send_signal(number)
        psutil.wait_procs(family, timeout=30)
        self.process.wait()
        self.process = None

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float = START_TIMEOUT_S) -> None:
        """Wait until `ready`, as long as the process lives."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            assert self.is_running, f"{self.name} ended: {self.tail()}"
            assert time.monotonic() < deadline, f"{self.name} is not ready after {timeout_s:g} s: {self.tail()}"
            time.sleep(0.2)

    def tail(self, count: int = 2000) -> str:
        """The end of the log."""
        return self.log.read_text(errors="replace")[-count:] if self.log.exists() else "no log"


class Postgres(Service):
    """A Postgres cluster in `root`, with one user, its password, and a database."""

    def __init__(self, root: Path, *, user: str, password: str, database: str) -> None:
        root.mkdir(parents=True, exist_ok=True)
        super().__init__("postgres", root, account=_ACCOUNT if os.geteuid() == 0 else None)
        self.user, self.password, self.database, self.port = user, password, database, take_port()
        # Not below `root`: pytest's folders are closed to other accounts.
        self._place = tempfile.TemporaryDirectory(prefix="neuroshorts-postgres-")
        self._data = Path(self._place.name) / "cluster"
        self._init()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """For `PREFECT_SERVER_DATABASE_CONNECTION_URL`."""
        return f"postgresql+asyncpg://{self.user}:{self.password}@{self.address}/{self.database}"

    @property
    def client_environment(self) -> dict[str, str]:
        """What psql, pg_dump and pg_restore need to find the database."""
        programs = Path(_postgres_program("psql") or "").parent
        return {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
        }

    def up(self, *options: str) -> None:
        """Start, with options of the `postgres` command, and create the database if it is not there."""
        sockets = ("-c", f"unix_socket_directories={self._data}", "-c", "listen_addresses=127.0.0.1")
        command = [_postgres_program("postgres") or "", "-D", str(self._data), "-p", str(self.port), *sockets, *options]
        self.start(command, folder=self._data, environment=os.environ)
        self.wait_until(lambda: self.query("select 1", database="postgres", check=False) == "1")
        if not self.query(f"select 1 from pg_database where datname = '{self.database}'", database="postgres"):
            self.query(f'create database "{self.database}"', database="postgres")

    def down(self) -> None:
        """End the server as Debian does: sessions are cut off, everything is on disk."""
        self.stop(signal.SIGINT)

    def query(self, statement: str, *, database: str | None = None, check: bool = True) -> str:
        """Return what psql prints, fields apart by `|`."""
        ended = subprocess.run(
            ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement, database or self.database],
            env=self.client_environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def _init(self) -> None:
        password = self._data.with_name("password")
        password.write_text(self.password)
        if self._account:
            account = pwd.getpwnam(self._account)
            for path in (self._data.parent, password):
                os.chown(path, account.pw_uid, account.pw_gid)
        subprocess.run(
            [
                *(_postgres_program("initdb") or "", "-D", str(self._data), "--username", self.user),
                *("--pwfile", str(password), "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            timeout=START_TIMEOUT_S,
            cwd=self._data.parent,
            user=self._account,
        )


class Redis(Service):
    """A Redis server in `root` with a password."""

    def __init__(self, root: Path, *, password: str) -> None:
        root.mkdir(parents=True, exist_ok=True)
        super().__init__("redis", root)
        self.password, self.port = password, take_port()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@{self.address}/{database}"

    def up(self, *options: str) -> None:
        """Start, with options of the `redis-server` command."""
        place = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.root))
        command = ["redis-server", "--requirepass", self.password, *options, *place]
        self.start(command, folder=self.root, environment=os.environ)
        self.wait_until(lambda: self.command("ping") == "PONG")

    def down(self) -> None:
        self.stop()

    def command(self, *words: str) -> str:
        """Return what redis-cli prints."""
        ended = subprocess.run(
            ["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), *words],
            env={**os.environ, "REDISCLI_AUTH": self.password},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return ended.stdout.strip()


def _postgres_program(name: str) -> str | None:
    """Debian keeps the server's programs out of the search path, one folder for each version."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(versions[-1]) if versions else shutil.which(name)
