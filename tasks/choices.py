"""Hold a spec to what the operator lets specs choose."""

from blocks.allowed import check_choices
from blocks.settings import get_settings
from models.spec import ShortSpec


def allowed(spec: ShortSpec) -> ShortSpec:
    """Return the spec, which names nothing that it may not. Raises ChoiceRefused."""
    check_choices(spec, get_settings())
    return spec
