from pathlib import Path

import pytest

from engines import shaping
from engines.errors import ShaperMissing
from engines.shaping import require_shaping
from engines.subtitles.fonts import find_fonts
from engines.visuals.lettering import Letters

FONTS = Path(__file__).parents[2] / "assets" / "fonts"
SHAPED = {"Arabic": "القمر", "Hebrew": "הירח", "Devanagari": "चाँद"}


@pytest.fixture
def unshaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without FriBidi."""
    monkeypatch.setattr(shaping.features, "check", lambda feature: feature != "raqm")


@pytest.mark.parametrize("name", SHAPED)
def test_what_cannot_be_set_is_refused_by_its_script(unshaped: None, name: str):
    fonts = find_fonts("Montserrat", weight=800, fonts_dirs=[FONTS])
    for drawable in (fonts.drawable, Letters(tuple(face.path for face in fonts.faces)).drawable, require_shaping):
        with pytest.raises(ShaperMissing, match=rf"{name} text needs .*libfribidi0"):
            drawable(f"The Moon: {SHAPED[name]}")


@pytest.mark.parametrize("text", ["Mond", "Луна", "Σελήνη", "月は遠い", "달", "ดวงจันทร์", "42 🌙!"])
def test_other_scripts_need_no_shaper(unshaped: None, text: str):
    require_shaping(text)


@pytest.mark.parametrize("text", SHAPED.values())
def test_here_they_are_set(text: str):
    require_shaping(text)
