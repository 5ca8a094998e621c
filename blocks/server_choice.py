"""Which Prefect API the user has chosen, found where Prefect itself looks, without the time that importing it takes."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values


def configured_api_url(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the API that the user chose for Prefect (environment, project files or active profile), or None."""
    if url := environment.get("PREFECT_API_URL"):
        return url
    return _project_api_url(Path.cwd()) or _profile_api_url(environment)


def _profile_api_url(environment: Mapping[str, str]) -> str | None:
    """Return the API of Prefect's active profile."""
    prefect_home = Path(environment.get("PREFECT_HOME") or "~/.prefect").expanduser()
    profiles = _read_toml(Path(environment.get("PREFECT_PROFILES_PATH") or prefect_home / "profiles.toml"))
    active = environment.get("PREFECT_PROFILE") or profiles.get("active")
    return _text_at(profiles, "profiles", str(active), "PREFECT_API_URL")


def _project_api_url(folder: Path) -> str | None:
    """Return the API that the project files in `folder` name; Prefect reads them from the working directory."""
    in_pyproject = _text_at(_read_toml(folder / "pyproject.toml"), "tool", "prefect", "api", "url")
    in_prefect_toml = _text_at(_read_toml(folder / "prefect.toml"), "api", "url")
    in_dotenv = dotenv_values(folder / ".env").get("PREFECT_API_URL")
    return in_dotenv or in_prefect_toml or in_pyproject


def _text_at(table: Any, *keys: str) -> str | None:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, str) and table else None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError):
        return {}  # Prefect itself says what is wrong with the file
