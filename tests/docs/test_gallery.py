"""The gallery shows what there is: `make gallery` makes it anew."""

import re
from pathlib import Path

from benchmarks.gallery import OVERLAYS
from engines.visuals.catalogue import catalogue
from engines.visuals.motion import MOTIONS
from models.graphics import PosterLayout

DOCS = Path(__file__).parents[2] / "docs"
PRESETS = DOCS.parent / "assets" / "presets" / "captions"
MOST_BYTES = 3_000_000


def test_the_gallery_shows_every_preset_overlay_effect_move_and_poster():
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\| `([\w-]+)`", page, flags=re.MULTILINE))
    moves = {motion.value for motion in MOTIONS} - {"auto", "none"}
    offered = {path.stem for path in PRESETS.glob("*.toml")} | set(catalogue()) | moves | {*PosterLayout}
    assert shown == offered | set(OVERLAYS), "run `make gallery`"


def test_its_pictures_are_there_and_small():
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\((gallery/[^)]+\.jpg)\)", page))
    files = {f"gallery/{path.name}": path.stat().st_size for path in (DOCS / "gallery").glob("*.jpg")}
    assert named == set(files)
    assert 0 < sum(files.values()) < MOST_BYTES
