"""Lay a brand kit under a spec, and put its cards around the scenes."""

from prefect.client.orchestration import get_client

from blocks.brand import find_kit
from blocks.settings import get_settings
from engines.branding import apply_kit, with_cards
from models.spec import ShortSpec
from tasks.library import BRANDS_DIR

__all__ = ["branded", "with_cards"]


def branded(spec: ShortSpec) -> ShortSpec:
    """Return the spec with the kit that it names under its own settings. Raises BrandUnknown, BrandInvalid."""
    if spec.brand is None:
        return spec
    folders = (get_settings().brands_dir.expanduser(), BRANDS_DIR)
    with get_client(sync_client=True) as client:
        return apply_kit(spec, find_kit(spec.brand, folders=folders, client=client))
