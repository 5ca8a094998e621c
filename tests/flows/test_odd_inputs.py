"""Pictures and clips as people really have them, all in one short, looked at in the finished file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.flows import measure
from tests.flows.studio import Studio
from tests.media import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    constant_rate,
    corner_colors,
    counted_number,
    make_video,
    quadrants,
    save_animation,
)

SCENE_MS, FPS = 500, 30
SCENE_FRAMES = SCENE_MS * FPS // 1000
UPRIGHT = (RED, GREEN, BLUE, YELLOW)
GREYS = tuple((round(np.dot(color, (0.299, 0.587, 0.114))),) * 3 for color in UPRIGHT)
SIXTEEN_BIT_GREYS = tuple((value,) * 3 for value in (20, 90, 160, 230))


class Odd(NamedTuple):
    """A source, how it is made and what colours its quarters are seen in."""

    name: str
    make: Callable[[Path], object]
    colors: Sequence[tuple[int, ...]] = UPRIGHT


def clip(path: Path, width_px: int, height_px: int, *, fps: int = 30, count: int = 18, **settings: object) -> Path:
    picture = np.asarray(quadrants(width_px, height_px))
    times = constant_rate(count, fps)
    return make_video(path, pts_ms=times, pictures=[picture] * count, size=(width_px, height_px), **settings)  # type: ignore[arg-type]


def rotated(path: Path) -> Path:
    picture = np.ascontiguousarray(np.rot90(np.asarray(quadrants(180, 320))))
    return make_video(path, pts_ms=constant_rate(18, 30), pictures=[picture] * 18, size=(320, 180), rotation=270)


def exif_rotated(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    quadrants(300, 200).transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)


def sixteen_bit(path: Path) -> None:
    levels = np.repeat(np.repeat(np.array([[20, 90], [160, 230]]), 100, axis=0), 100, axis=1)
    Image.fromarray((levels * 257).astype(np.uint16)).save(path)


def with_alpha(path: Path) -> None:
    picture = quadrants(200, 200).convert("RGBA")
    picture.paste((0, 255, 255, 0), (95, 95, 105, 105))
    picture.save(path)


def animation(path: Path) -> None:
    save_animation(
        path, [quadrants(160, 160), quadrants(160, 160).point(lambda value: min(255, value + 3))], [250, 250]
    )


ODD = (
    Odd("vp8.webm", lambda path: clip(path, 320, 180, fps=24, codec="libvpx", tags=("b=2000000",))),
    Odd("silver.mp4", lambda path: clip(path, 320, 240, pix_fmt="gray"), GREYS),
    Odd("rotated.mp4", rotated),
    Odd("sound.mp4", lambda path: clip(path, 320, 180, audio_ms=600)),
    Odd("odd.mp4", lambda path: clip(path, 321, 183, pix_fmt="yuv444p")),
    Odd(
        "4k.mp4",
        lambda path: clip(path, 3840, 2160, count=16, tags=("preset=ultrafast", "crf=20", "colorspace=smpte170m")),
    ),
    Odd("exif.jpg", exif_rotated),
    Odd("cmyk.jpg", lambda path: quadrants(301, 203).convert("CMYK").save(path, quality=95)),
    Odd("sixteen.png", sixteen_bit, SIXTEEN_BIT_GREYS),
    Odd("alpha.png", with_alpha),
    Odd("palette.png", lambda path: quadrants(150, 151).quantize(16).save(path)),
    Odd("tiny.bmp", lambda path: quadrants(6, 6).save(path)),
    Odd("4k.webp", lambda path: quadrants(3840, 2160).save(path, quality=80, method=0)),
    Odd("animated.gif", animation),
    Odd("animated.webp", animation),
)
VARIABLE_MS = (0, 33, 67, 300, 333, 600, 900)


@pytest.fixture(scope="module")
def shown(module_studio: Studio) -> NDArray[np.uint8]:
    """Render every odd source for half a second; return the frames."""
    for odd in ODD:
        odd.make(module_studio.root / odd.name)
    scene = {"min_duration_ms": SCENE_MS, "motion": "none"}
    spec = {
        **{"title": "Odd", "quality": "draft", "canvas": {"preset": "square"}},
        "scenes": [{**scene, "visual": odd.name} for odd in ODD],
    }
    report = module_studio.render(spec)
    assert report.video.frame_count == SCENE_FRAMES * len(ODD)
    return measure.frames_rgb(module_studio.output / "odd" / "video.mp4")


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_colours_are_right_and_upright_all_the_time(shown: NDArray[np.uint8], odd: Odd):
    first = ODD.index(odd) * SCENE_FRAMES
    for frame in shown[[first, first + SCENE_FRAMES // 2, first + SCENE_FRAMES - 1]]:
        for found, expected in zip(corner_colors(frame), odd.colors, strict=True):
            assert np.abs(np.subtract(found, expected)).max() <= 16


@pytest.fixture(scope="module")
def counted(module_studio: Studio) -> list[int]:
    """Render clips whose frames tell their number; return the number seen in each output frame."""
    root = module_studio.root
    make_video(root / "variable.mp4", pts_ms=VARIABLE_MS, size=(128, 128))
    make_video(root / "short.mp4", pts_ms=constant_rate(6, 30), size=(128, 128))
    make_video(root / "long.mp4", pts_ms=constant_rate(60, 30), size=(128, 128))
    spec = {
        **{"title": "Counted", "quality": "draft", "canvas": {"preset": "square"}},
        "scenes": [
            {"visual": "variable.mp4", "min_duration_ms": 900},
            {"visual": "short.mp4", "min_duration_ms": 500},
            {"visual": "long.mp4", "min_duration_ms": 500},
            {"visual": "long.mp4", "start_ms": 1000, "end_ms": 1500},
        ],
    }
    module_studio.render(spec)
    with av.open(str(module_studio.output / "counted" / "video.mp4")) as container:
        return [counted_number(frame.to_ndarray(format="yuv420p")) for frame in container.decode(video=0)]


def test_variable_rate_keeps_its_times(counted: list[int]):
    expected = [max(number for number, at in enumerate(VARIABLE_MS) if at <= 1000 * k / 30 + 1) for k in range(27)]
    assert counted[:27] == expected


def test_a_short_clip_is_played_again(counted: list[int]):
    assert counted[27:42] == [*range(6), *range(6), 0, 1, 2]


def test_a_long_clip_ends_with_its_scene_and_a_trimmed_one_plays_its_part(counted: list[int]):
    assert counted[42:57] == list(range(15))
    assert counted[57:] == list(range(30, 45))
