"""What a run of the chaos test does, all of it decided by a seed: the renders, the batches, and the faults."""

import json
import math
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.media import make_video

RENDERS = 44
BATCHES = (2, 15)  # each is asked for when so many renders have ended
ROWS = 8  # of each batch, numbered from 101 and from 201
MISTAKEN = (17, 41, 106, 206)  # renders whose spec names a picture that does not exist
LARGE = (9, 21, 33, 203)  # renders that are uploaded in parts
FPS = 30
NOISE_MS = 2600  # 19 MB
# How often each fault comes in a run.
FAULTS = {
    "worker killed": 3,
    "machine killed": 3,
    "run killed": 8,
    "ffmpeg killed": 8,
    "batch killed": 4,
    "server killed": 2,
    "disk full": 3,
    "storage spoilt": 6,
    "storage away": 2,
    "upload cut off": 2,
    "network cut": 3,
    "receiver fails": 2,
    "blob truncated": 4,
    "blob bit flipped": 6,
    "blob deleted": 3,
    "record damaged": 4,
    "record deleted": 4,
}


@dataclass(frozen=True)
class Fault:
    """One fault: it comes once so many renders have ended. `pick` chooses among what there is to hit then."""

    number: int
    kind: str
    after_ended: int
    seconds: float
    pick: float

    def __str__(self) -> str:
        return f"{self.number:2d} {self.kind}, after {self.after_ended} renders, {self.seconds:.1f} s, {self.pick:.3f}"


@dataclass(frozen=True, eq=False)
class Render:
    """One render that somebody asks for."""

    number: int
    spec: dict[str, Any]
    in_bucket: bool
    has_callback: bool
    asked_twice: bool
    frames: int | None  # None where speech decides
    batch: str = ""

    @property
    def title(self) -> str:
        return str(self.spec["title"])

    @property
    def slug(self) -> str:
        return self.title.lower().replace(" ", "-")

    @property
    def place(self) -> str:
        """The folder of its files, from where the installation publishes to."""
        return f"{self.batch}/{self.slug}" if self.batch else self.slug

    @property
    def key(self) -> str:
        return f"order-{self.number}"

    @property
    def is_mistaken(self) -> bool:
        return self.number in MISTAKEN


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch that somebody asks for: its rows, one of them once more, and one that is no spec."""

    name: str
    rows: tuple[Render, ...]
    in_bucket: bool
    after_ended: int

    @property
    def key(self) -> str:
        return f"order-{self.name}"

    def write(self, folder: Path, *, callback_url: str) -> Path:
        """Write the rows as JSON Lines, and return the file."""
        specs = [row.spec | ({"callback_url": callback_url} if row.has_callback else {}) for row in self.rows]
        path = folder / f"{self.name}.jsonl"
        path.write_text("\n".join(json.dumps(spec) for spec in (*specs, specs[0], {"title": "No scenes"})))
        return path


def faults_of(seed: int, *, renders: int = RENDERS) -> list[Fault]:
    """Return the faults of a seed in the order in which they come."""
    dice = random.Random(f"{seed}:faults")
    kinds = [kind for kind, count in FAULTS.items() for _ in range(count)]
    dice.shuffle(kinds)
    moments = sorted(dice.randint(1, renders - 8) for _ in kinds)
    return [
        Fault(number, kind, after, seconds=dice.uniform(4, 12), pick=dice.random())
        for number, (kind, after) in enumerate(zip(kinds, moments, strict=True), start=1)
    ]


def renders_of(seed: int, media: Path) -> list[Render]:
    """Return the renders of a seed. Many share scenes, so that they live on each other's cached steps."""
    dice = random.Random(f"{seed}:renders")
    pictures = _pictures(media, seed)
    return [_render(number, dice, pictures, media) for number in range(1, RENDERS + 1)]


def batches_of(seed: int, media: Path) -> list[Batch]:
    """Return the batches of a seed, of scenes that the renders have, too: one to a folder, one to a bucket."""
    dice, found = random.Random(f"{seed}:batches"), list[Batch]()
    for number, after_ended in enumerate(BATCHES, start=1):
        name, in_bucket = f"nightly-{number}", number % 2 == 0
        numbers = range(100 * number + 1, 100 * number + ROWS + 1)
        rows = (_render(each, dice, _shared(media), media) for each in numbers)
        same = {"batch": name, "in_bucket": in_bucket, "asked_twice": False}
        found.append(Batch(name, tuple(replace(row, **same) for row in rows), in_bucket, after_ended))
    return found


def _render(number: int, dice: random.Random, pictures: list[Path], media: Path) -> Render:
    scenes = [_scene(dice, pictures) for _ in range(dice.randint(1, 3))]
    if number in MISTAKEN:
        scenes[-1]["visual"] = str(media / "missing.png")
    if number in LARGE:
        scenes = [{"visual": str(media / "noise.mp4"), "min_duration_ms": NOISE_MS}]
    spoken = any("narration" in scene for scene in scenes)
    spec = {
        "title": f"Chaos {number:02d}",
        "quality": "standard" if number in LARGE else "draft",
        "canvas": {"preset": "square"},
        "scenes": scenes,
    }
    frames = None if spoken else sum(math.ceil(scene["min_duration_ms"] * FPS / 1000) for scene in scenes)
    return Render(
        number=number,
        spec=spec,
        in_bucket=dice.random() < 0.6 or number in LARGE,
        has_callback=dice.random() < 0.6 or number in MISTAKEN,
        asked_twice=dice.random() < 0.3,
        frames=frames,
    )


def _scene(dice: random.Random, pictures: list[Path]) -> dict[str, Any]:
    visual = dice.choice([*map(str, pictures), f"color:#{dice.randrange(1 << 24):06x}"])
    scene: dict[str, Any] = {"visual": visual, "min_duration_ms": dice.choice([400, 500, 700, 900])}
    if dice.random() < 0.4:
        scene["narration"] = dice.choice(["Nothing is lost.", "Once and no more.", "It goes on."])
    return scene


def _pictures(media: Path, seed: int) -> list[Path]:
    """Make the pictures and the clip that renders share."""
    media.mkdir(parents=True, exist_ok=True)
    noise, (*pictures, clip) = np.random.default_rng(seed), _shared(media)
    for path in pictures:
        Image.fromarray(noise.integers(0, 255, (48, 48, 3), np.uint8)).resize((320, 320)).save(path)
    make_video(clip, size=(320, 320), pts_ms=[round(each * 1000 / FPS) for each in range(60)])
    times_ms = [round(each * 1000 / FPS) for each in range(NOISE_MS * FPS // 1000)]
    frames = [noise.integers(0, 255, (360, 360, 3), np.uint8) for _ in times_ms]
    make_video(media / "noise.mp4", size=(360, 360), pts_ms=times_ms, pictures=frames)
    return [*pictures, clip]


def _shared(media: Path) -> list[Path]:
    return [*(media / f"picture-{number}.png" for number in range(6)), media / "clip.mp4"]
