"""A local server that other machines reach asks for a password, which only its user can read."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from blocks import local_server
from blocks.local_auth import auth_path, auth_string, ensure_auth, is_loopback, nearest
from blocks.server_state import read_state

EVERYWHERE = "0.0.0.0"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a server runs that listens on all addresses of this machine."""
    home = tmp_path_factory.mktemp("home")
    local_server.ensure_server(home=home, host=EVERYWHERE)
    yield home
    local_server.stop_server(home=home)


@pytest.fixture
def url(home: Path) -> str:
    state = read_state(home)
    assert state is not None
    return state.api_url


def credentials(home: Path) -> tuple[str, str]:
    user, _, password = (auth_string(home) or "").partition(":")
    return user, password


def test_it_answers_nobody_without_the_password(home: Path, url: str):
    asked = {"limit": 1}
    assert httpx.post(f"{url}/flow_runs/filter", json=asked).status_code == 401
    assert httpx.post(f"{url}/flow_runs/filter", json=asked, auth=("neuroshorts", "guess")).status_code == 401
    assert httpx.post(f"{url}/flow_runs/filter", json=asked, auth=credentials(home)).status_code == 200
    assert httpx.get(f"{url}/health").status_code == 200


def test_clients_of_this_machine_know_it_and_share_the_server(home: Path, url: str):
    assert local_server.ensure_server(home=home) == url
    environment = {**os.environ, **local_server.client_environment(url, home=home)}
    asking = (
        "from prefect.client.orchestration import get_client as g\nwith g(sync_client=True) as c: c.read_flow_runs()"
    )
    subprocess.run([sys.executable, "-c", asking], env=environment, check=True, capture_output=True, timeout=120)


def test_nobody_else_reads_it(home: Path):
    assert stat.S_IMODE(auth_path(home).stat().st_mode) == 0o600
    state = read_state(home)
    assert state is not None
    _, password = credentials(home)
    assert len(password) >= 32
    assert password not in " ".join(psutil.Process(state.pid).cmdline())
    for path in home.iterdir():
        if path.is_file() and path != auth_path(home):
            assert password.encode() not in path.read_bytes()


def test_pages_of_other_sites_may_not_talk_to_it(url: str, prefect_server: str):
    for api in (url, prefect_server):
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        answer = httpx.options(f"{api}/flow_runs/filter", headers=asked)
        assert answer.headers.get("access-control-allow-origin") in (None, "")
        own = httpx.get(f"{api}/health", headers={"Origin": api.removesuffix("/api")})
        assert own.headers["access-control-allow-origin"] == api.removesuffix("/api")


def test_its_pages_ask_where_they_came_from(url: str):
    assert httpx.get(f"{url.removesuffix('/api')}/ui-settings").json()["api_url"] == "/api"


def test_a_password_is_made_once(tmp_path: Path):
    assert auth_string(tmp_path) is None
    assert ensure_auth(tmp_path) == ensure_auth(tmp_path) == auth_string(tmp_path)


@pytest.mark.parametrize(
    ("host", "alone", "reached_by"),
    [
        ("127.0.0.1", True, "127.0.0.1"), ("127.8.8.8", True, "127.8.8.8"), ("::1", True, "[::1]"),
        ("localhost", True, "localhost"), (EVERYWHERE, False, "127.0.0.1"), ("::", False, "[::1]"),
        ("192.168.1.5", False, "192.168.1.5"), ("studio.example", False, "studio.example"),
    ],
)  # fmt: skip
def test_which_hosts_are_open_to_others(host: str, alone: bool, reached_by: str):
    assert (is_loopback(host), nearest(host)) == (alone, reached_by)
