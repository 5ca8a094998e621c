"""The rules of who may import whom hold, and each of them speaks of code that exists."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[1]
SETTINGS: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS: list[dict[str, Any]] = SETTINGS["contracts"]
THIRD_PARTY = {"prefect", "s3fs", "fsspec", "pysrt"}


def test_every_contract_is_kept():
    program = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run([program, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in ended.stdout


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["name"])
def test_a_contract_names_modules_that_are_there(contract: dict[str, Any]):
    kinds = ("layers", "modules", "source_modules", "forbidden_modules")
    named = [module for kind in kinds for module in contract.get(kind, [])]
    assert len(named) >= 2
    for module in set(named) - THIRD_PARTY:
        path = PROJECT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or len(list(path.rglob("*.py"))) > 1


@pytest.mark.parametrize("layer", CONTRACTS[0]["layers"])
def test_every_layer_is_checked(layer: str):
    assert layer in SETTINGS["root_packages"]


def test_only_the_ffmpeg_door_and_the_server_start_processes():
    starts = ("subprocess.", "os.system", "os.exec", "os.spawn", "multiprocessing")
    sources = [path for package in SETTINGS["root_packages"][1:] for path in (PROJECT / package).rglob("*.py")]
    assert len(sources) > 40
    found = {str(path.relative_to(PROJECT)) for path in sources if any(start in path.read_text() for start in starts)}
    engines = {name for name in found if name.startswith(("engines/", "models/", "flows/", "tasks/"))}
    assert engines == {"engines/ffmpeg.py"}


def test_a_render_from_folders_waits_for_no_library_of_a_service():
    services = {"aiohttp", "botocore", "s3fs", "gcsfs", "paramiko", "sentry_sdk", "edge_tts", "sqlalchemy", "uvicorn"}
    code = "import sys, cli, flows.render_short; print(*{name.partition('.')[0] for name in sys.modules})"
    ended = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert "prefect" in loaded
    assert not loaded & services
