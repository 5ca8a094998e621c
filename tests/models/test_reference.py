from pathlib import Path

from models.reference import spec_reference

PAGE = Path(__file__).parents[2] / "docs" / "spec.md"


def test_the_reference_page_is_that_of_the_models():
    assert PAGE.read_text() == spec_reference(), "run `make docs`"
