"""What `up` tells the workers of a server that other machines reach: specs are strangers'."""

import json
from pathlib import Path

import pytest

from blocks.local_auth import ensure_auth
from blocks.server_state import ServerState
from system.up import PROJECT, _environment

URL = "http://127.0.0.1:4999/api"


def state(home: Path, host: str) -> None:
    told = ServerState(pid=1, created_s=0, port=4999, prefect_version="3", host=host)
    (home / "server.json").write_text(told.model_dump_json())


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NEUROSHORTS_UNTRUSTED_SPECS", "NEUROSHORTS_ALLOWED_ROOTS"):
        monkeypatch.delenv(name, raising=False)


def test_a_server_of_this_machine_alone_trusts_its_user(tmp_path: Path):
    state(tmp_path, "127.0.0.1")
    assert not any(name.startswith("NEUROSHORTS_") for name in _environment(tmp_path, URL))


def test_one_that_others_reach_does_not(tmp_path: Path):
    state(tmp_path, "0.0.0.0")
    ensure_auth(tmp_path)
    environment = _environment(tmp_path, URL)
    assert environment["NEUROSHORTS_UNTRUSTED_SPECS"] == "true"
    assert json.loads(environment["NEUROSHORTS_ALLOWED_ROOTS"]) == [str(PROJECT / "inbox")]


def test_what_the_operator_says_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    state(tmp_path, "192.168.1.5")
    monkeypatch.setenv("NEUROSHORTS_UNTRUSTED_SPECS", "false")
    monkeypatch.setenv("NEUROSHORTS_ALLOWED_ROOTS", '["/films"]')
    environment = _environment(tmp_path, URL)
    assert environment["NEUROSHORTS_UNTRUSTED_SPECS"] == "false"
    assert environment["NEUROSHORTS_ALLOWED_ROOTS"] == '["/films"]'
