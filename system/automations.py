"""The automations of an installation: versioned files, applied by name."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect.client.orchestration import PrefectClient
from prefect.events.schemas.automations import AutomationCore

FOLDER = Path(__file__).resolve().parent.parent / "deployments" / "automations"


def load_automations(deployment_ids: Mapping[str, UUID], folder: Path = FOLDER) -> list[AutomationCore]:
    """Return the automations of every file in `folder`.

    `deployment_ids` has the deployments that they start, by "flow/deployment"; an automation of another is left out.
    """
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
    return [
        AutomationCore.model_validate({**file, "actions": [_identified(action, deployment_ids) for action in actions]})
        for file in files
        if _started(actions := file["actions"]) <= deployment_ids.keys()
    ]


async def apply_automations(client: PrefectClient, *, deployments: Iterable[str]) -> list[str]:
    """Make the server's automations what the files say and return what was changed.

    `deployments` names those that stand. Whether an automation is enabled is left as people have set it.
    """
    ids = {name: (await client.read_deployment_by_name(name)).id for name in deployments}
    changes = []
    for automation in load_automations(ids):
        found = await client.read_automations_by_name(automation.name)
        if not found:
            await client.create_automation(automation)
        elif _content(found[0]) != _content(automation):
            await client.update_automation(found[0].id, automation.model_copy(update={"enabled": found[0].enabled}))
        else:
            continue
        changes.append(f"automation {automation.name}")
    return changes


def _started(actions: Iterable[Mapping[str, Any]]) -> set[str]:
    return {action["deployment"] for action in actions if "deployment" in action}


def _identified(action: Mapping[str, Any], deployment_ids: Mapping[str, UUID]) -> dict[str, Any]:
    """Replace the name of the deployment that an action starts by its id."""
    rest = {key: value for key, value in action.items() if key != "deployment"}
    return rest | ({"deployment_id": deployment_ids[action["deployment"]]} if "deployment" in action else {})


def _content(automation: AutomationCore) -> dict[str, object]:
    """Return what the file decides, without the identities that the server adds."""
    core = AutomationCore.model_validate(automation.model_dump(include=set(AutomationCore.model_fields)))
    return core.model_dump(exclude={"enabled", "owner_resource", "tags"})  # sets stay sets, which have no order
