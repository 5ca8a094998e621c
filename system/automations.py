"""The automations of an installation: versioned files, applied by name."""

from pathlib import Path

import yaml
from prefect.client.orchestration import PrefectClient
from prefect.events.schemas.automations import AutomationCore

FOLDER = Path(__file__).resolve().parent.parent / "deployments" / "automations"


def load_automations(folder: Path = FOLDER) -> list[AutomationCore]:
    """Return the automations of every file in `folder`."""
    return [
        AutomationCore.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.yaml"))
    ]


async def apply_automations(client: PrefectClient, wanted: list[AutomationCore]) -> list[str]:
    """Make the server's automations of these names what the files say and return what was changed.

    Whether one is enabled is left as people have set it.
    """
    changes = []
    for automation in wanted:
        found = await client.read_automations_by_name(automation.name)
        if not found:
            await client.create_automation(automation)
        elif _content(found[0]) != _content(automation):
            await client.update_automation(found[0].id, automation.model_copy(update={"enabled": found[0].enabled}))
        else:
            continue
        changes.append(f"automation {automation.name}")
    return changes


def _content(automation: AutomationCore) -> dict[str, object]:
    """Return what the file decides, without the identities that the server adds."""
    core = AutomationCore.model_validate(automation.model_dump(include=set(AutomationCore.model_fields)))
    return core.model_dump(exclude={"enabled", "owner_resource", "tags"})  # sets stay sets, which have no order
