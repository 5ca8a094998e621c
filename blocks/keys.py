"""Keys of outside services: from the environment, or from a Secret block of Prefect that a user saved once."""

from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr


def read_key(setting: SecretStr | None, *, block: str) -> SecretStr | None:
    """Return the key that a setting gives, else the one in the Secret block of that name, else None."""
    if setting is not None and setting.get_secret_value():
        return setting
    with get_client(sync_client=True) as client:
        try:
            document = client.read_block_document_by_name(block, Secret.get_block_type_slug())
        except ObjectNotFound:
            return None
    return SecretStr(str(document.data["value"]))


def key_help(setting: str, *, block: str) -> str:
    """Return how an operator gives the installation a key."""
    return f"set {setting}, or save the key as Prefect's Secret block {block}"
