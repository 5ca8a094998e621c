"""The Kubernetes manifests fit their schemas and each other."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from system import fleet
from system.workers import worker_settings
from tests.production.composition import PROJECT, environment_of, load_services, required_variables

FOLDER = PROJECT / "deployments" / "kubernetes" / "base"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
RESOURCES = [
    resource
    for name in KUSTOMIZATION["resources"]
    for resource in yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8"))
]
WORKLOADS = {item["metadata"]["name"]: item for item in RESOURCES if item["kind"] in {"Deployment", "StatefulSet"}}
OURS = {"server", "services", "worker", "control"}
SCHEMA_VERSION = "1.31"  # the oldest that the manifests are meant for; the newest that the package knows as well


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [item for item in RESOURCES if item["kind"] == kind]


def pod_spec(workload: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def containers(workload: dict[str, Any]) -> list[dict[str, Any]]:
    spec = pod_spec(workload)
    return [*spec.get("initContainers", ()), *spec["containers"]]


def every_container() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, workload in WORKLOADS.items():
        for container in containers(workload):
            yield name, container


def generated(kind: str) -> dict[str, set[str]]:
    """The keys of every generated ConfigMap or Secret."""
    found = {}
    for entry in KUSTOMIZATION[kind]:
        files = [FOLDER / name for name in entry.get("envs", ())]
        lines = [
            line
            for file in files
            for line in (file if file.exists() else file.with_suffix(".env.example")).read_text().splitlines()
        ]
        pairs = [*lines, *entry.get("literals", ())]
        found[entry["name"]] = {pair.partition("=")[0] for pair in pairs if "=" in pair and not pair.startswith("#")}
    return found


@pytest.mark.parametrize("version", [SCHEMA_VERSION, kubernetes_validate.latest_version()])
def test_every_manifest_fits_its_schema(version: str):
    assert len(RESOURCES) > 12
    for resource in RESOURCES:
        kubernetes_validate.validate(resource, version, strict=True)


def build(kubectl: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [kubectl, "kustomize", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_kustomize_builds_it_and_misses_the_secrets(tmp_path: Path):
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    there = shutil.copytree(FOLDER.parent, tmp_path / "there", ignore=shutil.ignore_patterns("secrets.env"))
    without = build(kubectl, there / "base")
    assert without.returncode != 0
    assert "secrets.env" in without.stderr
    shutil.copy(there / "base" / "secrets.env.example", there / "base" / "secrets.env")
    for folder in (there / "base", there / "keda"):
        built = build(kubectl, folder)
        assert built.returncode == 0, built.stderr
        kinds = [item["kind"] for item in yaml.safe_load_all(built.stdout)]
        assert kinds.count("Secret") == 1
        assert ("ScaledObject" in kinds) != ("HorizontalPodAutoscaler" in kinds)
        assert all("0.1.0" in image for image in re.findall(r"image: (neuroshorts.*)", built.stdout))


def test_every_manifest_file_is_used():
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(KUSTOMIZATION["resources"])


def test_selectors_meet_labels():
    labels = {name: item["spec"]["template"]["metadata"]["labels"] for name, item in WORKLOADS.items()}
    for name, item in WORKLOADS.items():
        assert item["spec"]["selector"]["matchLabels"].items() <= labels[name].items()
    for service in of_kind("Service"):
        name = service["metadata"]["name"]
        assert service["spec"]["selector"].items() <= labels[name].items()
        ports = {port["name"]: port["containerPort"] for port in containers(WORKLOADS[name])[-1]["ports"]}
        for port in service["spec"]["ports"]:
            assert port.get("targetPort", port["port"]) in {*ports, *ports.values()}
    for budget in of_kind("PodDisruptionBudget"):
        wanted = budget["spec"]["selector"]["matchLabels"]
        assert any(wanted.items() <= own.items() for own in labels.values())
    scaled = of_kind("HorizontalPodAutoscaler")[0]["spec"]["scaleTargetRef"]
    assert WORKLOADS[scaled["name"]]["kind"] == scaled["kind"]
    assert "replicas" not in WORKLOADS[scaled["name"]]["spec"]  # else every apply undoes what the autoscaler decided


def test_every_reference_leads_somewhere():
    settings, secrets = generated("configMapGenerator"), generated("secretGenerator")
    for name, container in every_container():
        for source in container.get("envFrom", ()):
            assert source["configMapRef"]["name"] in settings
        for variable in container.get("env", ()):
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            assert reference is None or reference["key"] in secrets[reference["name"]]
        known = {variable["name"] for variable in container.get("env", ())}
        for text in [str(variable.get("value", "")) for variable in container.get("env", ())] + container["args"]:
            assert set(re.findall(r"\$\((\w+)\)", text)) <= known
        volumes = {volume["name"] for volume in pod_spec(WORKLOADS[name]).get("volumes", ())}
        claims = WORKLOADS[name]["spec"].get("volumeClaimTemplates", ())
        volumes |= {claim["metadata"]["name"] for claim in claims}
        assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes


def test_no_pod_can_do_more_than_it_must():
    for name, workload in WORKLOADS.items():
        spec = pod_spec(workload)
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


def test_renders_do_not_reach_the_databases():
    allowed = {"data-access": "true"}
    labels = {name: item["spec"]["template"]["metadata"]["labels"] for name, item in WORKLOADS.items()}
    assert {name for name, own in labels.items() if allowed.items() <= own.items()} == {"server", "services"}
    policy = next(item for item in of_kind("NetworkPolicy") if item["metadata"]["name"] == "databases")
    assert policy["spec"]["ingress"][0]["from"] == [{"podSelector": {"matchLabels": allowed}}]


def test_workers_work_as_those_of_neuroshorts_up():
    literals = next(entry for entry in KUSTOMIZATION["configMapGenerator"] if entry["name"] == "worker-settings")
    settings = dict(pair.split("=", 1) for pair in literals["literals"])
    for key, value in worker_settings().items():
        if key.startswith("PREFECT_"):
            assert settings[key] == value.replace(str(PROJECT), "/app")
    served = {
        queue: name
        for name in ("worker", "control")
        for queue in _options(containers(WORKLOADS[name])[-1], "--work-queue")
    }
    assert served == {fleet.INTERACTIVE: "worker", fleet.BATCH: "worker", fleet.CONTROL: "control"}
    deploy = next(container for container in containers(WORKLOADS["control"]) if container["name"] == "deploy")
    most = of_kind("HorizontalPodAutoscaler")[0]["spec"]["maxReplicas"]
    assert _options(deploy, "--workers") == [str(most)]


@pytest.mark.parametrize("name", ["server", "services"])
def test_the_server_is_set_up_as_in_the_compose_file(name: str):
    literals = next(entry for entry in KUSTOMIZATION["configMapGenerator"] if entry["name"] == "server-settings")
    settings = dict(pair.split("=", 1) for pair in literals["literals"])
    container = containers(WORKLOADS[name])[-1]
    settings |= {each["name"]: each.get("value", "") for each in container["env"]}
    compose = environment_of(load_services({each: f"$({each})" for each in required_variables()})[name])
    browsers = {"PREFECT_SERVER_UI_API_URL", "DO_NOT_TRACK", "PREFECT_SERVER_API_AUTH_STRING"}
    assert {key: settings.get(key) for key in compose.keys() - browsers} == {
        key: value for key, value in compose.items() if key not in browsers
    }


@pytest.mark.parametrize("name", ["worker", "control"])
def test_a_pod_that_has_to_go_has_time_to_hand_its_run_back(name: str):
    container = containers(WORKLOADS[name])[-1]
    leave_s = int(_options(container, "--leave")[0])
    assert pod_spec(WORKLOADS[name])["terminationGracePeriodSeconds"] >= leave_s + 30
    assert container["livenessProbe"]["httpGet"]["path"] == "/health"


def test_all_of_it_is_one_version():
    images = {container["image"] for name, container in every_container() if name in OURS}
    assert images == {"neuroshorts"}
    assert KUSTOMIZATION["images"] == [{"name": "neuroshorts", "newTag": "0.1.0"}]


def _options(container: dict[str, Any], name: str) -> list[str]:
    words = [str(word) for word in container["args"]]
    return [words[at + 1] for at, word in enumerate(words) if word == name]
