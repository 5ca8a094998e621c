"""What every test shares: fast hypothesis settings, an own store, and one real Prefect server for those that ask."""

import io
import os
import ssl
import threading
import time
from collections.abc import Generator
from contextlib import nullcontext
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from tests.prefect_home import PrefectHome

if TYPE_CHECKING:  # it imports Prefect
    from blocks.store import ArtifactStore

settings.register_profile(
    "suite",
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", settings.get_profile("suite"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

_PREFECT = PrefectHome()
_PREFECT.settle()
_TESTS = Path(__file__).parent
_LONGEST_FIRST = ("system", "production", "hostile", "flows", "tasks", "blocks")
_FIGURES = pytest.StashKey[dict[str, float]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Function) -> Generator[None, Any, Any]:
    """Let a test find a server only if it asks for one: else it would pass after others that do, and fail alone."""
    with nullcontext() if "prefect_server" in item.fixturenames else _PREFECT.without_server():
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process of the suite is left alone with one at the end."""
    items.sort(key=lambda item: _rank(item.path.relative_to(_TESTS).parts[0]))


def _rank(folder: str) -> int:
    return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> dict[str, float]:
    """Seconds that a test saw, by what took them; told below the tests' results."""
    return request.config.stash.setdefault(_FIGURES, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what tests have measured."""
    if measured := config.stash.get(_FIGURES, {}):
        terminalreporter.section("seconds seen")
        for what, seconds in measured.items():
            terminalreporter.write_line(f"{seconds:8.1f}  {what}")


@pytest.fixture(scope="session")
def prefect_server() -> str:
    """Run flows against a real server, ended when the tests are, however they end; return its API URL."""
    return _PREFECT.start_server()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "ArtifactStore":
    """An empty artifact store of the test's own, which steps use too."""
    monkeypatch.setenv("NEUROSHORTS_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NEUROSHORTS_CACHE_DIR", str(tmp_path / "cache"))
    from blocks.store import open_store

    return open_store()


@dataclass
class Page:
    """What the test's web server answers for one path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    head_status: int | None = None
    declared_length: int | None = None
    unbounded: bool = False  # no length at all: the body ends with the connection
    failures: int = 0  # that many requests are answered 503 first


class WebServer:
    """A real web server on the loopback interface, with what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[str] = []
        self.times_s: list[float] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self, with_body=True)

            def do_HEAD(self) -> None:
                outer.answer(self, with_body=False)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler, *, with_body: bool) -> None:
        self.requests.append(f"{handler.command} {handler.path}")
        self.times_s.append(time.monotonic())
        page = self.pages.get(handler.path, Page(status=404))
        status = page.status if with_body else page.head_status or page.status
        if page.failures:
            page.failures, status = page.failures - 1, 503
        handler.send_response(status)
        if not page.unbounded:
            length = len(page.body) if page.declared_length is None else page.declared_length
            handler.send_header("Content-Length", str(length))
        for name, value in page.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if with_body:
            handler.wfile.write(page.body)

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """Answer https from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def page(self, path: str, body: bytes = b"", **fields: Any) -> Page:
        """Answer `path` with a page from now on."""
        self.pages[path] = Page(body=body, **fields)
        return self.pages[path]

    def gets(self) -> int:
        return sum(request.startswith("GET") for request in self.requests)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def web() -> Generator[WebServer]:
    """A real web server whose answers the test decides."""
    server = WebServer()
    yield server
    server.close()


@pytest.fixture
def s3() -> Generator[Any]:
    """A bucket of the test's own on a real S3 server, behind a proxy whose faults the test decides."""
    from tests.s3_server import running_s3  # only those that ask for it pay for the import

    with running_s3() as running:
        yield running


@pytest.fixture
def picture_bytes() -> bytes:
    """A small PNG."""
    target = io.BytesIO()
    Image.new("RGB", (48, 32), "teal").save(target, "PNG")
    return target.getvalue()
