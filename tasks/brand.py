"""Lay a brand kit under a spec, and put its cards around the scenes."""

from prefect.client.orchestration import get_client

from blocks.brand import find_kit
from blocks.settings import get_settings
from engines import branding
from models.spec import ShortSpec
from tasks.library import BRANDS_DIR

first_number = branding.first_number
names_of = branding.names_of
numbers_of = branding.numbers_of
role_of = branding.role_of
with_cards = branding.with_cards


def branded(spec: ShortSpec) -> ShortSpec:
    """Return the spec with the kit that it names under its own settings. Raises BrandUnknown, BrandInvalid."""
    if spec.brand is None:
        return spec
    folders = (get_settings().brands_dir.expanduser(), BRANDS_DIR)
    with get_client(sync_client=True) as client:
        return branding.apply_kit(spec, find_kit(spec.brand, folders=folders, client=client))
