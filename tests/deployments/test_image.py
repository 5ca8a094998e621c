"""The Dockerfile and what goes into the image, read as text: no engine is needed."""

import json
import re
import tomllib
from fnmatch import fnmatch

import yaml

from tests.production.composition import PROJECT

DOCKERFILE = (PROJECT / "deployments" / "Dockerfile").read_text(encoding="utf-8")
LINES = re.sub(r"\\\n\s*", "", DOCKERFILE).splitlines()
IGNORE = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def stages() -> dict[str, list[str]]:
    """The instructions of every stage; the last one has no name."""
    found: dict[str, list[str]] = {}
    name = None
    for line in LINES:
        if line.startswith("FROM "):
            words = line.split()
            name = words[3] if len(words) > 2 else ""
            found[name] = []
        elif name is not None and line and not line.startswith("#"):
            found[name].append(line)
    return found


def enters(path: str) -> bool:
    """Whether .dockerignore lets a path into the build: the last pattern that fits decides."""
    verdict = True
    for line in IGNORE:
        pattern = line.removeprefix("!")
        if line and not line.startswith("#"):
            bare = pattern.removeprefix("**/")
            parts = path.split("/")
            heads = ["/".join(parts[: end + 1]) for end in range(len(parts))]
            if any(fnmatch(head, pattern) for head in heads) or (bare != pattern and bare in parts):
                verdict = line.startswith("!")
    return verdict


def test_it_runs_as_nobody_in_particular_and_ends_when_told():
    runtime = stages()["runtime"]
    assert re.fullmatch(r"USER [1-9]\d+", next(line for line in runtime if line.startswith("USER")))
    assert "STOPSIGNAL SIGTERM" in runtime
    for word in ("ENTRYPOINT", "CMD"):  # exec form: no shell between the signal and the worker
        assert isinstance(json.loads(next(line for line in runtime if line.startswith(word)).removeprefix(word)), list)
    assert any(line.startswith("HEALTHCHECK") for line in runtime)
    assert stages()["backup"][-3] == "USER 10001"


def test_everything_in_it_is_of_the_tested_set():
    build = " ".join(stages()["build"])
    assert "--constraint constraints.txt" in build
    assert "--only-binary :all:" in build
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    for requirement in (*project["dependencies"], *project["optional-dependencies"]["server"]):
        name = re.match(r"[\w-]+", requirement)
        assert name is not None
        assert name[0].lower() in pinned or "python_version" in requirement, requirement


def test_the_server_is_the_version_that_was_deployed_with():
    pinned = (PROJECT / "constraints.txt").read_text(encoding="utf-8")
    for file in (PROJECT / "prefect.yaml", *(PROJECT / "deployments").glob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if "prefect-version" in content:
            assert f"prefect=={content['prefect-version']}\n" in pinned


def test_what_runs_goes_in_and_nothing_else():
    build = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    for shipped in build["targets"]["wheel"]["only-include"]:
        assert enters(shipped), shipped
    for path in ("cli/__main__.py", "prefect.yaml", "deployments/automations/heartbeat.yaml", "assets/manifest.toml"):
        assert (PROJECT / path).exists()
        assert enters(path), path
    for path in (".git/config", ".venv/bin/python", "tests/conftest.py", "output/video.mp4", "deployments/.env"):
        assert not enters(path), path
    assert not enters("deployments/kubernetes/base/secrets.env")
    assert not enters("flows/__pycache__/steps.pyc")


def test_one_version_is_told_everywhere():
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    deployments = PROJECT / "deployments"
    kustomization = yaml.safe_load((deployments / "kubernetes/base/kustomization.yaml").read_text(encoding="utf-8"))
    assert kustomization["images"] == [{"name": "neuroshorts", "newTag": version}]
    assert f"\nNEUROSHORTS_VERSION={version}\n" in (deployments / ".env.example").read_text(encoding="utf-8")
    defaults = re.findall(r"NEUROSHORTS_VERSION:-([^}]*)", (deployments / "compose.yaml").read_text(encoding="utf-8"))
    assert set(defaults) == {version}
