"""The deployments of `prefect.yaml`, applied once per version of the file and of the flows that it deploys."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import yaml
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from engines.errors import DeployFailed

PROJECT = Path(__file__).resolve().parent.parent
PREFECT_FILE = PROJECT / "prefect.yaml"
TIMEOUT_S = 300
# What a deployment is made of besides the file itself: the entry points, and the models behind the run form.
_SOURCES = ("flows/*.py", "models/*.py")


def deployment_names() -> list[str]:
    """Return "flow/deployment" for every deployment in `prefect.yaml`."""
    entries = yaml.safe_load(PREFECT_FILE.read_text(encoding="utf-8"))["deployments"]
    return [f"{_flow_name(entry['entrypoint'])}/{entry['name']}" for entry in entries]


def digest() -> str:
    """Return a hash of everything that `deploy_all` depends on."""
    content = hashlib.sha256()
    for path in [PREFECT_FILE, *sorted(path for pattern in _SOURCES for path in PROJECT.glob(pattern))]:
        content.update(f"{path.relative_to(PROJECT)}\n".encode())
        content.update(path.read_bytes())
    return content.hexdigest()


async def apply_deployments(client: PrefectClient, *, deployed: str | None) -> list[str]:
    """Deploy everything, unless `deployed` (the digest of the last time) still holds; return what was deployed.

    Schedules that people have switched on or off stay so. Raises DeployFailed.
    """
    names = deployment_names()
    existing = [await _read(client, name) for name in names]
    if deployed == digest() and all(existing):
        return []
    _deploy_all()
    for before in filter(None, existing):
        await _keep_switches(client, before)
    return [f"deployment {name}" for name in names]


def _deploy_all() -> None:
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(PREFECT_FILE)],
        cwd=PROJECT,
        env={**os.environ, "PREFECT_LOGGING_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if result.returncode != 0:
        raise DeployFailed(log=f"{result.stdout}\n{result.stderr}".strip()[-2000:])


async def _keep_switches(client: PrefectClient, before: DeploymentResponse) -> None:
    """Give the schedules of a deployment the state that they had before it was deployed again."""
    was_active = {schedule.slug: schedule.active for schedule in before.schedules}
    for schedule in (await client.read_deployment(before.id)).schedules:
        wanted = was_active.get(schedule.slug, schedule.active)
        if wanted != schedule.active:
            await client.update_deployment_schedule(before.id, UUID(str(schedule.id)), active=wanted)


async def _read(client: PrefectClient, name: str) -> DeploymentResponse | None:
    try:
        return await client.read_deployment_by_name(name)
    except ObjectNotFound:
        return None


def _flow_name(entrypoint: str) -> str:
    return entrypoint.partition(":")[2].replace("_", "-")
