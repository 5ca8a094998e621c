"""The workflows of GitHub Actions do what the Makefile can, with pinned actions and no more rights than they need."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.production.composition import PROJECT

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M))


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


def test_there_are_workflows():
    assert {path.stem for path in WORKFLOWS} == {"check", "image", "audit", "release"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_rights_are_few(path: Path):
    text = path.read_text(encoding="utf-8")
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    for job in jobs(path).values():
        assert job["timeout-minutes"] <= 60


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_make_targets_exist(path: Path):
    for job in jobs(path).values():
        wanted = job.get("strategy", {}).get("matrix", {}).get("target", [])
        for step in job["steps"]:
            wanted = [*wanted, *re.findall(r"^make ([a-z-]+)", step.get("run", ""))]
        assert set(wanted) <= TARGETS


def test_every_python_that_is_supported_is_tested():
    matrix = jobs(PROJECT / ".github" / "workflows" / "check.yml")["test"]["strategy"]["matrix"]["python"]
    assert matrix[0] == "3.11"  # as requires-python says
    assert matrix == [f"3.{minor}" for minor in range(11, 11 + len(matrix))]
