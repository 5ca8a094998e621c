from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engines.errors import SourceUnreadable
from engines.visuals.animations import make_mezzanine
from engines.visuals.color import i420_to_rgb
from engines.visuals.footage import FootageReader
from engines.visuals.footage_part import FootagePart
from engines.visuals.probe import probe
from engines.visuals.stills import DARK_NEUTRAL
from models.media import MediaKind, MediaLimits
from tests.media import cut_off, gradient, save_animation

SHADES = (40, 90, 140, 190, 240)
DURATIONS_MS = (200, 100, 400, 100, 300)
FORMATS = ("gif", "webp", "png")


def played(path: Path, *, end_ms: int, count: int) -> list[np.ndarray]:
    """The first frames of a mezzanine at 10 frames a second, as RGB."""
    part = FootagePart(path, start_ms=0, end_ms=end_ms, fps=Fraction(10), size=(64, 64))
    with FootageReader(part, frame_count=count) as frames:
        return [i420_to_rgb(frames.read()) for _ in range(count)]


@pytest.mark.parametrize("extension", FORMATS)
def test_every_frame_keeps_its_time(tmp_path: Path, extension: str) -> None:
    frames = [Image.new("RGB", (31, 31), (shade,) * 3) for shade in SHADES]
    path = save_animation(tmp_path / f"x.{extension}", frames, DURATIONS_MS)
    duration_ms = make_mezzanine(path, source="x", output=tmp_path / "x.mkv")
    assert duration_ms == sum(DURATIONS_MS) == probe(path, source="x", limits=MediaLimits()).duration_ms
    shown = [round(frame.mean()) for frame in played(tmp_path / "x.mkv", end_ms=duration_ms, count=22)]
    once = [shade for shade, length in zip(SHADES, DURATIONS_MS, strict=True) for _ in range(length // 100)]
    assert np.abs(np.subtract(shown, (once * 2)[:22])).max() <= 2


@pytest.mark.parametrize("extension", FORMATS)
def test_transparency_and_disposal(tmp_path: Path, extension: str) -> None:
    frames = []
    for left in (0, 32):
        frame = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
        frame.paste((255, 255, 255, 255), (left, 0, left + 32, 64))
        frame.putpixel((60 - left, 60), (255, 255, 255, 200))
        frames.append(frame)
    path = save_animation(tmp_path / f"x.{extension}", frames, [100, 100])
    first, second = played_after_mezzanine(path)
    for frame, lit in ((first, 16), (second, 48)):
        assert np.abs(frame[32, lit].astype(int) - 255).max() <= 4
        assert np.abs(frame[32, 64 - lit].astype(int) - DARK_NEUTRAL).max() <= 4


def played_after_mezzanine(path: Path) -> list[np.ndarray]:
    output = path.with_suffix(".mkv")
    return played(output, end_ms=make_mezzanine(path, source="x", output=output), count=2)


def test_a_mezzanine_is_lossless_footage(tmp_path: Path) -> None:
    frames = [gradient(64, 64), gradient(64, 64).transpose(Image.Transpose.ROTATE_90)]
    path = save_animation(tmp_path / "x.webp", frames, [100, 100])
    for made, frame in zip(played_after_mezzanine(path), frames, strict=True):
        assert np.abs(made.astype(int) - np.asarray(frame)).mean() < 2
    info = probe(tmp_path / "x.mkv", source="x", limits=MediaLimits())
    assert (info.kind, info.width_px, info.height_px) == (MediaKind.VIDEO, 64, 64)


def test_a_delay_of_nothing_is_a_tenth_of_a_second(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), (shade,) * 3) for shade in SHADES]
    path = save_animation(tmp_path / "x.gif", frames, [0, 10, 0, 0, 20])
    assert make_mezzanine(path, source="x", output=tmp_path / "x.mkv") == 420


def test_the_same_animation_gives_the_same_bytes(tmp_path: Path) -> None:
    path = save_animation(tmp_path / "x.gif", [gradient(40, 40), Image.new("RGB", (40, 40))], [100, 100])
    made = []
    for name in ("a.mkv", "b.mkv"):
        make_mezzanine(path, source="x", output=tmp_path / name)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize("extension", FORMATS)
def test_a_cut_off_animation_is_unreadable(tmp_path: Path, extension: str) -> None:
    frames = [Image.effect_noise((60, 60), shade).convert("RGB") for shade in SHADES]
    path = cut_off(save_animation(tmp_path / f"x.{extension}", frames, DURATIONS_MS), keep=0.5)
    with pytest.raises(SourceUnreadable):
        make_mezzanine(path, source="x", output=tmp_path / "x.mkv")
