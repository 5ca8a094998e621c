"""What a run of the chaos test does, all of it decided by a seed: the renders, and the faults among them."""

import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.media import make_video

RENDERS = 60
MISTAKEN = (17, 41)  # renders whose spec names a picture that does not exist
LARGE = (9, 21, 33, 45)  # renders that are uploaded in parts
FPS = 30
NOISE_MS = 2600  # 19 MB
# How often each fault comes in a run.
FAULTS = {
    "worker killed": 3,
    "machine killed": 3,
    "run killed": 8,
    "ffmpeg killed": 8,
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


@dataclass(frozen=True)
class Render:
    """One render that somebody asks for."""

    number: int
    spec: dict[str, Any]
    in_bucket: bool
    has_callback: bool
    asked_twice: bool
    frames: int | None  # None where speech decides

    @property
    def title(self) -> str:
        return str(self.spec["title"])

    @property
    def slug(self) -> str:
        return self.title.lower().replace(" ", "-")

    @property
    def key(self) -> str:
        return f"order-{self.number}"

    @property
    def is_mistaken(self) -> bool:
        return self.number in MISTAKEN


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
    noise, paths = np.random.default_rng(seed), []
    for number in range(6):
        path = media / f"picture-{number}.png"
        Image.fromarray(noise.integers(0, 255, (48, 48, 3), np.uint8)).resize((320, 320)).save(path)
        paths.append(path)
    clip = media / "clip.mp4"
    make_video(clip, size=(320, 320), pts_ms=[round(each * 1000 / FPS) for each in range(60)])
    times_ms = [round(each * 1000 / FPS) for each in range(NOISE_MS * FPS // 1000)]
    frames = [noise.integers(0, 255, (360, 360, 3), np.uint8) for _ in times_ms]
    make_video(media / "noise.mp4", size=(360, 360), pts_ms=times_ms, pictures=frames)
    return [*paths, clip]
