"""The compose file: what docker compose says of it, and what it promises."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from system import fleet
from system.workers import worker_settings
from tests.production.composition import COMPOSE_FILE, PROJECT, environment_of, load_services, required_variables

DEPLOYMENTS = PROJECT / "deployments"
SECRETS = {name: f"x{number}" for number, name in enumerate(required_variables())}
SERVICES = load_services(SECRETS)
ONE_SHOTS = {"migrate", "deploy", "backup"}
WITHOUT_A_PORT = {"services"}  # the background services listen on nothing; they end when they fail


@cache
def compose_command() -> list[str]:
    """docker compose as it is installed here, or skip."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            answer = subprocess.run([*command, "version"], capture_output=True, timeout=300, check=False)
            if answer.returncode == 0:
                return command
    pytest.skip("neither `docker compose` nor `docker-compose` is installed")


def config(folder: Path, variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """What `docker compose config` says when .env has these variables."""
    env_file = folder / ".env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return subprocess.run(
        [*compose_command(), "--env-file", str(env_file), "--file", str(COMPOSE_FILE), "config"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_docker_compose_takes_it(tmp_path: Path):
    answer = config(tmp_path, SECRETS)
    assert answer.returncode == 0, answer.stderr
    read = yaml.safe_load(answer.stdout)["services"]
    assert read.keys() <= SERVICES.keys()
    assert SERVICES.keys() - read.keys() <= {name for name, ours in SERVICES.items() if "profiles" in ours}
    # What the tests of the running system read is what compose reads.
    for name, service in read.items():
        ours = SERVICES[name]
        assert [str(word) for word in service.get("command", ())] == [str(word) for word in ours.get("command", ())]
        assert {key: str(value) for key, value in service.get("environment", {}).items()} == {
            key: value.replace("True", "true") for key, value in environment_of(ours).items()
        } | {key: "None" for key, value in ours.get("environment", {}).items() if value is None}


@pytest.mark.parametrize("missing", SECRETS)
def test_it_does_not_start_without_a_secret(missing: str, tmp_path: Path):
    answer = config(tmp_path, {name: value for name, value in SECRETS.items() if name != missing})
    assert answer.returncode != 0
    assert missing in answer.stderr
    with pytest.raises(KeyError, match=missing):
        load_services({name: value for name, value in SECRETS.items() if name != missing})


def test_the_example_of_dotenv_names_every_variable_and_gives_away_no_secret():
    example = (DEPLOYMENTS / ".env.example").read_text(encoding="utf-8")
    named = dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", example, re.M))
    used = set(re.findall(r"\$\{(\w+)", COMPOSE_FILE.read_text(encoding="utf-8")))
    assert used - named.keys() == set()
    assert len(SECRETS) >= 4
    assert {name for name in SECRETS if named[name]} == set()


def test_secrets_come_from_the_environment_alone():
    marked = set(SECRETS.values())
    for name, service in SERVICES.items():
        for key, value in environment_of(service).items():
            if re.search("PASSWORD|SECRET|AUTH|CONNECTION_URL|ENCRYPTION", key):
                assert any(mark in value for mark in marked), f"{name}: {key}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_bounded_watched_and_private(name: str):
    service = SERVICES[name]
    tag = service["image"].rpartition(":")[2]
    assert re.match(r"v?\d+\.\d+|\d+-", tag), service["image"]
    assert "privileged" not in service
    if name in ONE_SHOTS:
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert re.match(r"\d+[mg]$", service["mem_limit"])
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert ("healthcheck" in service) != (name in WITHOUT_A_PORT)


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "build" in service])
def test_our_own_containers_can_change_nothing_but_their_volumes(name: str):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"]


def test_renders_do_not_reach_the_databases():
    content = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    assert content["networks"]["data"]["internal"]
    for name in ("worker", "control"):
        assert "data" not in SERVICES[name]["networks"]
        assert not any("POSTGRES" in key or "REDIS" in key for key in environment_of(SERVICES[name]))
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["data"]
        assert "ports" not in SERVICES[name]


def test_workers_work_as_those_of_neuroshorts_up():
    environment = environment_of(SERVICES["worker"])
    for key, value in worker_settings().items():
        if key.startswith("PREFECT_"):
            assert environment[key] == value.replace(str(PROJECT), "/app")
    served = {queue: name for name in ("worker", "control") for queue in _options(SERVICES[name], "--work-queue")}
    assert served == {fleet.INTERACTIVE: "worker", fleet.BATCH: "worker", fleet.CONTROL: "control"}
    assert _options(SERVICES["worker"], "--pool") == [fleet.POOL]
    assert _options(SERVICES["control"], "--limit") == [str(fleet.CONTROL_RUNS)]
    assert _options(SERVICES["deploy"], "--workers") == [str(SERVICES["worker"]["scale"])]


def test_a_worker_told_to_end_has_time_to_hand_its_run_back():
    for name in ("worker", "control"):
        leave_s = int(_options(SERVICES[name], "--leave")[0])
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) >= leave_s + 25


def test_what_is_mounted_and_waited_for_exists():
    content = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    for service in SERVICES.values():
        for other in service.get("depends_on", {}):
            assert other in SERVICES
        for network in service.get("networks", ()):
            assert network in content["networks"]
        for volume in service.get("volumes", ()):
            source = str(volume).split(":")[0]
            assert (DEPLOYMENTS / source).exists() if source.startswith(".") else source in content["volumes"], volume


def test_n8n_and_the_workers_share_an_inbox_that_n8n_writes_and_they_read():
    inbox = environment_of(SERVICES["n8n"])["NEUROSHORTS_INBOX"]
    assert f"inbox:{inbox}" in SERVICES["n8n"]["volumes"]
    for name in ("worker", "control"):
        assert f"inbox:{inbox}:ro" in SERVICES[name]["volumes"]
        assert json.loads(environment_of(SERVICES[name])["NEUROSHORTS_ALLOWED_ROOTS"]) == [inbox]
    # The volume gets owner and mode from the workers' image, if that is the first to mount it.
    assert "control" in SERVICES["n8n"]["depends_on"]
    dockerfile = " ".join((DEPLOYMENTS / "Dockerfile").read_text(encoding="utf-8").split())
    (gid,) = re.findall(r"groupadd --gid (\d+) neuroshorts", dockerfile)
    (mode,) = re.findall(rf"--group neuroshorts --mode (\d+) {inbox}", dockerfile)
    assert SERVICES["n8n"]["group_add"] == [gid]

    if os.geteuid() != 0:
        pytest.skip("only root can take the place of both users")
    with tempfile.TemporaryDirectory() as folder:  # other users cannot look into pytest's
        Path(folder).chmod(0o755)
        shared = Path(folder) / "inbox"
        shared.mkdir()
        os.chown(shared, int(gid), int(gid))
        shared.chmod(int(mode, 8))
        write, read = ["sh", "-c", f"umask 022; echo title > {shared}/rows.csv"], ["cat", f"{shared}/rows.csv"]
        run = partial(subprocess.run, capture_output=True, text=True, timeout=300, check=False, cwd="/")
        assert run(write, user=1000, group=1000, extra_groups=[]).returncode != 0
        assert run(write, user=1000, group=1000, extra_groups=[int(gid)]).returncode == 0
        assert run(read, user=int(gid), group=int(gid), extra_groups=[]).stdout == "title\n"


def _options(service: dict[str, Any], name: str) -> list[str]:
    words = [str(word) for word in service["command"]]
    return [words[at + 1] for at, word in enumerate(words) if word == name]
