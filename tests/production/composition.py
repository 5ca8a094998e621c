"""The services of the compose file, as docker compose would read them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2]
COMPOSE_FILE = PROJECT / "deployments" / "compose.yaml"
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def load_services(variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return every service, its variables replaced. Raises KeyError for one that must be set and is not."""
    content = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    services: dict[str, dict[str, Any]] = _replace(content["services"], variables)
    return services


def required_variables() -> list[str]:
    """Return the names of what has no default: the secrets."""
    found = _VARIABLE.finditer(COMPOSE_FILE.read_text(encoding="utf-8"))
    return sorted({match["name"] for match in found if match["kind"] == "?"})


def environment_of(service: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that a container of the service gets; those to be passed on are unset here."""
    return {name: str(value) for name, value in service.get("environment", {}).items() if value is not None}


def _replace(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replace(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(item, variables) for item in value]
    return _VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: "re.Match[str]", variables: Mapping[str, str]) -> str:
    if value := variables.get(found["name"]):
        return value
    if found["kind"] == "-":
        return str(found["rest"])
    raise KeyError(f"{found['name']}: {found['rest']}")
