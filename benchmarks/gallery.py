"""Make docs/gallery.md and its pictures, by the real renderer: captions, overlays, transitions, looks, moves, posters.

    python -m benchmarks.gallery

What is shown is what the code and the data offer: a preset or an effect more is a picture more.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from blocks.local_server import client_environment, ensure_server, stop_server
from engines.visuals.catalogue import EffectKind, catalogue
from engines.visuals.motion import MOTIONS
from models.graphics import PosterLayout

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "docs" / "gallery.md"
PICTURES = PROJECT / "docs" / "gallery"
PRESETS = PROJECT / "assets" / "presets" / "captions"
HEIGHT_PX, QUALITY = 320, 80
SCENE_MS, TRANSITION_MS = 1600, 800
SHOWN = ("earth", "lagoon", "moon", "horsehead", "apollo17", "deep_field", "earth_night")
CAPTIONS_AT_MS = (700, 1600, 2600)
LINE = "Light needs time, and it takes the long way round."

TITLE = "The night sky is a time machine"
MARK = {"watermark": "top_left", "handle": "@nightsky 🌙"}
OVERLAYS: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "title_card": ("Large, over the first scene", {"title_card": f"{TITLE} 🔭"}, (700,)),
    "hook": ("Boxed lines, for a while or for good", {"hook": "Wait for the last one 👀", "hook_ms": 0}, (700, 4000)),
    "lower_third": ("A name, or name and role", {"lower_third": "Ada 👩🏾‍🚀 | Astronaut"}, (400, 1500)),
    "segments": ("Progress bar, scene by scene", {"progress_bar": "segments"}, (1600, 4800)),
    "line": ("Progress bar of the whole", {"progress_bar": "line"}, (1600, 4800)),
    "watermark": ("Logo and handle", MARK, (700,)),
    "end_card": ("After the last scene", {**MARK, "end_card": "Follow for more 🙌🏽"}, (7500,)),
}


class Entry(NamedTuple):
    """One thing of the gallery: its name, what it does, and the frames that show it."""

    name: str
    summary: str
    frames: Sequence[Path]


class Studio:
    """Where the pictures are made."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = {**environment, "NEUROSHORTS_STORE": str(folder / "store")}

    def frames(self, spec: Mapping[str, Any], at_ms: Sequence[int]) -> list[Path]:
        """Return the frames of a short at these times."""
        times = [argument for time_ms in at_ms for argument in ("--frame", f"{time_ms}ms")]
        return [path for path in self._run("preview", spec, *times) if path.suffix == ".png"]

    def poster(self, spec: Mapping[str, Any]) -> Path:
        """Render a short and return its poster."""
        name = spec["poster"]["layout"]
        return next(path for path in self._run("render", spec, "--name", name) if path.name == "poster.jpg")

    def _run(self, command: str, spec: Mapping[str, Any], *options: str) -> list[Path]:
        path = self._folder / "spec.json"
        path.write_text(json.dumps({"quality": "draft", "captions": {"preset": "none"}, **spec}))
        program = [sys.executable, "-m", "cli", command, str(path), "--output", str(self._folder), "--json", *options]
        ended = subprocess.run(program, env=self._environment, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
        return [Path(file["uri"]) for file in json.loads(ended.stdout)["publication"]["files"]]


def main() -> None:
    """Make the page and its pictures."""
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.jpg"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "prefect")
        try:
            environment = {**os.environ, **client_environment(ensure_server(home=home), home=home)}
            studio = Studio(Path(folder), environment)
            sections = {
                "Captions": _captions(studio),
                "Overlays": _overlays(studio),
                "Transitions": _transitions(studio),
                "Looks": _looks(studio),
                "Moves": _moves(studio),
                "Posters": _posters(studio),
            }
            PAGE.write_text("\n".join(_page(sections)), encoding="utf-8")
        finally:
            stop_server(home=home)


def _captions(studio: Studio) -> list[Entry]:
    scene = {"narration": LINE, "visual": "assets:pictures/lagoon", "motion": "none"}
    entries = []
    for path in sorted(PRESETS.glob("*.toml")):
        spec = {"title": f"Captions {path.stem}", "captions": {"preset": path.stem}, "scenes": [scene]}
        entries.append(Entry(path.stem, "", studio.frames(spec, CAPTIONS_AT_MS)))
    return entries


def _overlays(studio: Studio) -> list[Entry]:
    scenes = [{**_silent(number), "min_duration_ms": 2 * SCENE_MS} for number in range(2)]
    return [
        Entry(name, summary, studio.frames({"title": name, "scenes": scenes, "overlays": settings}, at_ms))
        for name, (summary, settings, at_ms) in OVERLAYS.items()
    ]


def _transitions(studio: Studio) -> list[Entry]:
    offered = [effect for effect in catalogue().values() if effect.kind is EffectKind.TRANSITION]
    others = sorted(offered, key=lambda effect: effect.name)
    shown = enumerate(others, start=1)
    scenes = [_silent(0), *({**_silent(number), **_taking_over(effect.name)} for number, effect in shown)]
    starts = [number * SCENE_MS for number in range(1, len(scenes))]
    times = [start + TRANSITION_MS * quarter // 4 for start in starts for quarter in (1, 2, 3)]
    frames = studio.frames({"title": "Transitions", "scenes": scenes}, times)
    return [
        Entry(effect.name, effect.summary, frames[3 * number : 3 * number + 3]) for number, effect in enumerate(others)
    ]


def _looks(studio: Studio) -> list[Entry]:
    looks = [effect for effect in catalogue().values() if effect.kind is EffectKind.LOOK]
    scenes = [{**_silent(3), "effects": [effect.name]} for effect in looks]
    frames = studio.frames({"title": "Looks", "scenes": scenes}, [n * SCENE_MS + 800 for n in range(len(looks))])
    return [Entry(effect.name, effect.summary, [frame]) for effect, frame in zip(looks, frames, strict=True)]


def _moves(studio: Studio) -> list[Entry]:
    moves = {motion.value: summary for motion, summary in MOTIONS.items() if motion.value not in ("auto", "none")}
    scenes = [{**_silent(3), "motion": name, "min_duration_ms": 2 * SCENE_MS} for name in moves]
    times = [2 * SCENE_MS * number + at for number in range(len(moves)) for at in (50, SCENE_MS, 2 * SCENE_MS - 50)]
    frames = studio.frames({"title": "Moves", "scenes": scenes}, times)
    return [
        Entry(name, summary, frames[3 * number : 3 * number + 3])
        for number, (name, summary) in enumerate(moves.items())
    ]


def _posters(studio: Studio) -> list[Entry]:
    return [
        Entry(layout.value, "", [studio.poster({"title": TITLE, "poster": {"layout": layout}, "scenes": [_silent(1)]})])
        for layout in PosterLayout
    ]


def _silent(number: int) -> dict[str, Any]:
    visual = f"assets:pictures/{SHOWN[number % len(SHOWN)]}"
    return {"visual": visual, "motion": "none", "min_duration_ms": SCENE_MS}


def _taking_over(transition: str) -> dict[str, Any]:
    return {"transition": transition, "transition_ms": TRANSITION_MS}


def _page(sections: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    yield "# Gallery\n"
    yield "Made by `make gallery` from the real renderer. How to use them: [spec](spec.md), [effects](effects.md).\n"
    for title, entries in sections.items():
        yield f"## {title}\n\n| name | | |\n|---|---|---|"
        for entry in entries:
            picture = f"{title.lower()}-{entry.name}.jpg"
            _save(entry.frames, PICTURES / picture)
            yield f"| `{entry.name}` | {entry.summary} | ![{entry.name}](gallery/{picture}) |"
        yield ""


def _save(frames: Sequence[Path], output: Path) -> None:
    """Write a JPEG of the frames side by side."""
    small = []
    for path in frames:
        with Image.open(path) as frame:
            width_px = round(frame.width * HEIGHT_PX / frame.height)
            small.append(frame.convert("RGB").resize((width_px, HEIGHT_PX), Image.Resampling.LANCZOS))
    strip = Image.new("RGB", (sum(frame.width + 4 for frame in small) - 4, HEIGHT_PX), "white")
    left = 0
    for frame in small:
        strip.paste(frame, (left, 0))
        left += frame.width + 4
    strip.save(output, "JPEG", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
