"""The standard works: 60 s, twelve scenes, 1080x1920 at 30 fps, word captions, voice and music."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from engines import ffmpeg

WorkName = Literal["photos", "footage", "mixed"]
WORKS: tuple[WorkName, ...] = ("photos", "footage", "mixed")
SCENES = 12
SCENE_MS = 5_000
PICTURES = Path(__file__).resolve().parent.parent / "assets" / "pictures"

_LINES = (
    "Every picture here is older than the person looking at it.",
    "Light needs time, and it takes the long way round.",
    "Some of it left before there was anybody to see it.",
    "It crossed the dark at the same speed all along.",
    "Nothing got in its way until it met a mirror.",
    "The mirror bent it toward a very small sensor.",
    "The sensor counted it and wrote the number down.",
    "The number went to the ground by radio.",
    "Somebody looked at the numbers and saw a cloud.",
    "Then they looked again and saw that it was a nursery.",
    "Stars were being born there, one after the other.",
    "And that is what you are looking at right now.",
)


def make_media(folder: Path) -> None:
    """Make the photos (12 megapixels) and the clips (1080p, panned over the photos, with a little grain) once."""
    folder.mkdir(parents=True, exist_ok=True)
    originals = sorted(PICTURES.glob("*.jpg"))
    for number in range(SCENES):
        photo, clip = folder / f"photo-{number:02}.jpg", folder / f"clip-{number:02}.mp4"
        if not clip.exists():
            _make_photo(originals, number, photo)
            _make_clip(photo, number, clip)


def work_spec(name: WorkName, media: Path, *, scenes: int = SCENES) -> dict[str, Any]:
    """Return the spec of a standard work; more scenes repeat the same media with other words."""
    return {
        "title": f"Bench {name}",
        "music": {"track": "assets:music/ambient.ogg"},
        "scenes": [_scene(name, media, number) for number in range(scenes)],
    }


def _scene(name: WorkName, media: Path, number: int) -> dict[str, Any]:
    is_photo = name == "photos" or (name == "mixed" and number % 2 == 0)
    kind, suffix = ("photo", "jpg") if is_photo else ("clip", "mp4")
    scene: dict[str, Any] = {
        "narration": _LINES[number % SCENES] if number < SCENES else f"{_LINES[number % SCENES]} Again, {number}.",
        "visual": str(media / f"{kind}-{number % SCENES:02}.{suffix}"),
        "min_duration_ms": SCENE_MS,
    }
    return scene | ({"transition": "fade", "transition_ms": 300} if name == "mixed" else {})


def _make_photo(originals: Sequence[Path], number: int, output: Path) -> None:
    """Write a 3000x4000 photo: one of the pictures, every second one mirrored so that no two are the same."""
    with Image.open(originals[number % len(originals)]) as original:
        photo = original.convert("RGB").resize((3000, 4000), Image.Resampling.LANCZOS)
    if number >= len(originals):
        photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    photo.save(output, quality=92)


def _make_clip(photo: Path, number: int, output: Path) -> None:
    """Write a 1920x1080 clip of 6 s that pans down the photo, with grain.

    A key frame every 2 s, as video from the web has; cameras write more of them.
    """
    travel = f"min(ih-1200\\,t*{150 + 20 * number})"
    graph = f"crop=2133:1200:430:'{travel}',scale=1920:1080:flags=bicubic,noise=alls=5:allf=t:all_seed={number}"
    color = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setparams=color_primaries=bt709:color_trc=bt709"
    ffmpeg.run(
        [
            *("-loop", "1", "-framerate", "30", "-t", "6", "-i", str(photo), "-vf", f"{graph},{color}"),
            *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-g", "60", "-an", "-y", str(output)),
        ],
        timeout_s=300,
    )
