"""Every page can be followed: its links lead somewhere, its specs are valid, its commands exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from cli import app
from models.spec import ShortSpec
from system.deployments import deployment_names

PROJECT = Path(__file__).parents[2]
PAGES = sorted([PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]*)\)")
_SPEC = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^(?:ns )?neuroshorts ([a-z-]+)((?:, [a-z-]+)*)", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
SCENE = {"narration": "Text.", "visual": "color:#000000"}


def named(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(page.read_text()))
    return {heading.strip().replace(" ", "-") for heading in headings}


def test_there_are_pages_with_links_specs_and_commands():
    texts = [page.read_text() for page in PAGES]
    for pattern, least in ((_LINK, 100), (_SPEC, 10), (_COMMAND, 10)):
        assert sum(len(pattern.findall(text)) for text in texts) >= least, pattern.pattern


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path):
    for link in _LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_specs_are_valid(page: Path):
    """A page shows parts of specs: what it leaves out of one is filled in."""
    for text in _SPEC.findall(page.read_text()):
        shown: dict[str, Any] = yaml.safe_load(text.replace("[…]", "[]"))
        scenes = [{**(SCENE if not scene.get("min_duration_ms") else {}), **scene} for scene in shown.get("scenes", [])]
        ShortSpec.model_validate({"title": "t", **shown, "scenes": scenes or [SCENE]}, strict=False)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_exist(page: Path):
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    for first, others in _COMMAND.findall(page.read_text()):
        assert {first, *filter(None, others.split(", "))} <= known


def test_every_deployment_is_told_of():
    page = (PROJECT / "docs" / "deployments.md").read_text()
    names = deployment_names()
    assert names
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_page_is_named_by_the_first_one():
    linked = set(_LINK.findall((PROJECT / "README.md").read_text()))
    assert [page.name for page in PAGES if page.parent.name == "docs" and f"docs/{page.name}" not in linked] == []
