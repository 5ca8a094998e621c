"""The local Prefect server: one for everybody, replaced when it is dead or old, ended without touching others."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from blocks import local_server
from blocks.server_choice import configured_api_url
from blocks.server_state import ServerState, read_state
from engines.errors import ServerFailed


def test_programs_that_start_together_share_one_healthy_server(prefect_server: str) -> None:
    home = Path(os.environ["PREFECT_HOME"])
    before = read_state(home)
    urls: list[str] = []
    threads = [threading.Thread(target=lambda: urls.append(local_server.ensure_server(home=home))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert urls == [prefect_server] * 4
    assert read_state(home) == before


def test_who_starts_runs_while_others_do_is_never_refused(prefect_server: str) -> None:
    fresh = httpx.Limits(max_keepalive_connections=0)  # the server closes a kept connection when it likes
    with httpx.Client(base_url=prefect_server, timeout=120, limits=fresh) as api:
        flow = api.post("/flows/", json={"name": "crowded"}).raise_for_status().json()["id"]
        body = {"name": "crowded", "flow_id": flow}
        deployment = api.post("/deployments/", json=body).raise_for_status().json()["id"]

        def start(number: int) -> int:
            key = {"idempotency_key": f"crowded {number}"}
            return api.post(f"/deployments/{deployment}/create_flow_run", json=key).status_code

        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(start, range(40)))
        api.delete(f"/deployments/{deployment}").raise_for_status()  # and the runs, which wait for nobody
    assert answers == [httpx.codes.CREATED] * 40


def test_its_pages_ask_its_own_api(prefect_server: str) -> None:
    settings = httpx.get(f"{prefect_server.removesuffix('/api')}/ui-settings").json()
    assert settings["api_url"] == prefect_server


def test_a_process_that_got_the_servers_number_later_is_not_ended(tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    try:
        created_s = psutil.Process(bystander.pid).create_time() - 60
        state = ServerState(pid=bystander.pid, created_s=created_s, port=1, prefect_version="0")
        (tmp_path / "server.json").write_text(state.model_dump_json())
        assert not local_server.stop_server(home=tmp_path)
        assert bystander.poll() is None
        assert not (tmp_path / "server.json").exists()
    finally:
        bystander.kill()
        bystander.communicate()


def test_a_server_of_another_version_is_ended_and_one_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    created_s = psutil.Process(old.pid).create_time()
    state = ServerState(pid=old.pid, created_s=created_s, port=1, prefect_version="0")
    (tmp_path / "server.json").write_text(state.model_dump_json())
    monkeypatch.setattr(sys, "executable", "/bin/false")
    told: list[str] = []
    with pytest.raises(ServerFailed) as caught:
        local_server.ensure_server(home=tmp_path, notify=told.append)
    assert old.wait() != 0
    assert len(told) == 1
    assert str(tmp_path) in str(caught.value)


def test_no_server_is_stopped_where_none_was_started(tmp_path: Path) -> None:
    assert not local_server.stop_server(home=tmp_path / "none")
    assert not local_server.stop_server(home=tmp_path)


def test_the_users_choice_is_found_where_prefect_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environment = {"PREFECT_HOME": str(tmp_path)}
    assert configured_api_url(environment) is None
    (tmp_path / "profiles.toml").write_text(
        'active = "mine"\n[profiles.mine]\nPREFECT_API_URL = "http://profile"\n[profiles.other]\n'
    )
    assert configured_api_url(environment) == "http://profile"
    assert configured_api_url({**environment, "PREFECT_PROFILE": "other"}) is None
    (tmp_path / "prefect.toml").write_text('[api]\nurl = "http://project"\n')
    assert configured_api_url(environment) == "http://project"
    assert configured_api_url({**environment, "PREFECT_API_URL": "http://environment"}) == "http://environment"


def test_deciding_imports_neither_prefect_nor_the_storage_libraries() -> None:
    program = "import sys, blocks.local_server, blocks.server_choice; print(*sys.modules)"
    root = Path(__file__).parents[2]
    modules = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert not {"prefect", "fsspec", "httpx"} & set(modules.stdout.split())
