"""The wheel has all that the program reads, and the project declares all that it imports."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
CONFIGURATION = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
SHIPPED = CONFIGURATION["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
LAYERS = CONFIGURATION["tool"]["importlinter"]["root_packages"]
IN_EXTRAS_ALONE = {"faster_whisper", "gcsfs", "googleapiclient", "paramiko", "sentry_sdk"}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of the wheel in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def doctor(site: Path, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run `neuroshorts doctor` as the unpacked wheel has it, on a machine with nothing else of the project."""
    own = {"HOME": str(home), "XDG_DATA_HOME": str(home), "NEUROSHORTS_STORE": str(home / "store")}
    return subprocess.run(
        [sys.executable, "-m", "cli", "doctor"],
        cwd=home,
        env={**os.environ, **own, "PREFECT_API_URL": "", "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def files_in(folder: Path, below: str) -> set[str]:
    """The files of a shipped folder, or a shipped file, relative to the folder that it is shipped from."""
    place = folder / below
    found = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix() for path in found if "__pycache__" not in path.parts}


@pytest.mark.parametrize("below", SHIPPED)
def test_the_wheel_has_every_file(unpacked: Path, below: str):
    assert files_in(PROJECT, below)
    assert files_in(unpacked, below) == files_in(PROJECT, below)


@pytest.mark.parametrize(
    "needed", ["assets/manifest.toml", "blocks/logging.yml", "prefect.yaml", "deployments/automations/callbacks.yaml"]
)
def test_the_wheel_has_what_is_no_code(unpacked: Path, needed: str):
    assert (unpacked / needed).is_file()


def test_the_wheel_is_whole_for_the_doctor(unpacked: Path, tmp_path: Path):
    ended = doctor(unpacked, tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "ok   assets:" in ended.stdout
    manifest = unpacked / "assets" / "manifest.toml"
    hidden = manifest.rename(tmp_path / "manifest.toml")
    ended = doctor(unpacked, tmp_path)
    hidden.rename(manifest)
    assert ended.returncode == 1
    assert f"bad  assets: [Errno 2] No such file or directory: '{manifest}'" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_every_import_is_declared():
    declared = {_name(requirement) for requirement in CONFIGURATION["project"]["dependencies"]}
    distributions = packages_distributions()
    own = {*LAYERS, *sys.stdlib_module_names}
    paths = [path for layer in LAYERS for path in (PROJECT / layer).rglob("*.py")]
    imported = {package for path in paths for package in _imported(path)} - own - IN_EXTRAS_ALONE
    assert {"prefect", "cv2", "yaml"} <= imported
    homeless = {package for package in imported if declared.isdisjoint(map(_name, distributions.get(package, ())))}
    assert homeless == set()


def _imported(path: Path) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")
