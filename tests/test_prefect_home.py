"""The suite's own rules: whose Prefect tests talk to, who gets which port, what is left of a suite that is killed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from prefect.client.orchestration import get_client
from prefect.settings import get_current_settings

from blocks.ports import free_port
from blocks.processes import is_alive, spawn, wait_until
from blocks.server_state import ServerState, read_state
from tests.ports import take_port
from tests.prefect_home import NOWHERE

PROJECT = Path(__file__).parents[1]
ADDRESS = "import os; from prefect.settings import get_current_settings; print(get_current_settings().api.url)"
PORTS = "from tests.ports import take_port; print(*[take_port() for _ in range(200)], flush=True); input()"
SUITE = "from tests.prefect_home import PrefectHome; print(PrefectHome().home, flush=True); input()"


def seen_by_a_child() -> str:
    command = [sys.executable, "-c", ADDRESS]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def home_of_a_suite() -> Callable[[], "tuple[subprocess.Popen[str], Path]"]:
    """Return a function that starts another process of the suite, which has a home and waits."""

    def start() -> "tuple[subprocess.Popen[str], Path]":
        own = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = subprocess.Popen([sys.executable, "-c", SUITE], cwd=PROJECT, env=own, text=True, **pipes)
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())

    return start


def test_who_asks_for_a_server_finds_that_of_this_process_and_nothing_of_the_users(prefect_server: str):
    assert get_current_settings().api.url == prefect_server == seen_by_a_child()
    home = get_current_settings().home
    assert read_state(home).api_url == prefect_server
    assert Path(os.environ["TESTS_ROOT"]) in home.parents
    with get_client(sync_client=True) as client:
        assert str(client.api_url).rstrip("/") == prefect_server


def test_who_does_not_ask_finds_none_whatever_ran_before():
    assert get_current_settings().api.url == NOWHERE == seen_by_a_child()
    with get_client(sync_client=True) as client, pytest.raises(httpx.ConnectError):
        client.read_flows()


def test_no_two_processes_take_one_port_and_the_system_gives_none_of_them_away():
    command = [sys.executable, "-c", PORTS]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    others = [subprocess.Popen(command, cwd=PROJECT, text=True, **pipes) for _ in range(3)]
    taken = [port for other in others for port in other.stdout.readline().split()]
    taken += [str(take_port()) for _ in range(200)]
    for other in others:
        other.communicate("\n")
    assert len(taken) == len(set(taken)) == 800
    assert max(map(int, taken)) < free_port()  # one that the system gave


@pytest.mark.parametrize("end", [psutil.Process.kill, psutil.Process.terminate])
def test_killed_it_leaves_neither_server_nor_folder(end: Callable[[psutil.Process], None], home_of_a_suite):
    process, home = home_of_a_suite()
    home.mkdir(parents=True)
    server = spawn(
        [sys.executable, "-c", "import time; time.sleep(600)"], folder=home, environment={}, log=home / "server.log"
    )
    state = ServerState(**server.model_dump(), port=1, prefect_version="0")
    (home / "server.json").write_text(state.model_dump_json())
    end(psutil.Process(process.pid))
    process.communicate()
    assert wait_until(lambda: not is_alive(server), timeout_s=120)
    assert wait_until(lambda: not home.exists(), timeout_s=120)
