"""The settings of an installation as a person reads them: variable, value, meaning, and no secret."""

from typing import Any, NamedTuple

from pydantic import SecretStr

from blocks.settings import Settings


class ListedSetting(NamedTuple):
    """One NEUROSHORTS_* variable, the value that counts, whether somebody set it, and what it is for."""

    variable: str
    value: str
    is_set: bool
    meaning: str


def list_settings(settings: Settings) -> list[ListedSetting]:
    """Return every setting in the order in which they are declared; of a secret, only that it is there."""
    plain = settings.model_dump(mode="json")
    prefix = settings.model_config["env_prefix"]
    return [
        ListedSetting(
            variable=f"{prefix}{name}".upper(),
            value=_shown(getattr(settings, name), plain[name]),
            is_set=name in settings.model_fields_set,
            meaning=field.description or "",
        )
        for name, field in type(settings).model_fields.items()
    ]


def _shown(value: object, plain: Any) -> str:
    if isinstance(value, SecretStr):
        return "(secret)"
    if value is None:
        return ""
    if isinstance(plain, list):
        return ", ".join(str(item) for item in plain)
    if isinstance(plain, dict):
        return ", ".join(f"{key}: {item}" for key, item in plain.items())
    return str(plain).lower() if isinstance(plain, bool) else str(plain)
