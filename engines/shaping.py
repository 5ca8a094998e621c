"""Scripts whose letters change with their neighbours: what it takes to set them, and whether it is here."""

from fontTools.unicodedata import script, script_name
from PIL import features

from engines.errors import ShaperMissing
from engines.writing_order import is_leftwards

_JOINED = frozenset(
    ("Beng", "Deva", "Gujr", "Guru", "Khmr", "Knda", "Mlym", "Mong", "Mymr", "Orya", "Sinh", "Taml", "Telu", "Tibt")
)


def can_shape() -> bool:
    """Tell whether Pillow has HarfBuzz, raqm and, of the system, FriBidi."""
    return bool(features.check("raqm"))


def require_shaping(text: str) -> None:
    """Raise ShaperMissing for text that would be measured wrongly, and drawn in parts, without a shaper."""
    shaped = {script_name(script(char)) for char in text if _is_shaped(char)}
    if shaped and not can_shape():
        raise ShaperMissing(scripts=" and ".join(sorted(shaped)))


def _is_shaped(char: str) -> bool:
    return is_leftwards(char) or script(char) in _JOINED
