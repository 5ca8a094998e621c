"""What the caption tests share: the shipped assets, spoken words, and frames with a script burnt in."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engines import ffmpeg
from engines.ffmpeg_arguments import filter_escape
from engines.subtitles.typeset import CaptionLibrary
from models.timeline import WordTiming

ASSETS = Path(__file__).parents[3] / "assets"
Render = Callable[..., NDArray[np.uint8]]
Speak = Callable[..., tuple[WordTiming, ...]]


@pytest.fixture
def fonts_dir() -> Path:
    return ASSETS / "fonts"


@pytest.fixture
def presets_dir() -> Path:
    return ASSETS / "presets" / "captions"


@pytest.fixture
def safe_areas_file() -> Path:
    return ASSETS / "safe_areas.toml"


@pytest.fixture
def library(fonts_dir: Path, presets_dir: Path, safe_areas_file: Path) -> CaptionLibrary:
    emoji = ASSETS / "emoji" / "noto-color-emoji.zip"
    return CaptionLibrary((fonts_dir,), (presets_dir,), safe_areas_file, emoji)


@pytest.fixture
def speak() -> Speak:
    """Time words as a voice would: longer words take longer, punctuation pauses."""

    def timed(text: str, *, start_ms: int = 0) -> tuple[WordTiming, ...]:
        words, at_ms = [], start_ms
        for word in text.split():
            end_ms = at_ms + 120 + 40 * len(word)
            words.append(WordTiming(text=word, start_ms=at_ms, end_ms=end_ms))
            at_ms = end_ms + {".": 400, "!": 400, "?": 400, ",": 150}.get(word[-1], 0)
        return tuple(words)

    return timed


@pytest.fixture
def burn(tmp_path: Path, fonts_dir: Path) -> Render:
    """Burn an ASS script into flat frames; returns their luma or, with planes="all", raw I420."""

    def render(
        script: str,
        *,
        size: tuple[int, int],
        frames: int = 1,
        fps: Fraction = Fraction(30),
        luma: int = 235,
        tagged: bool = True,
        planes: str = "luma",
    ) -> NDArray[np.uint8]:
        path = tmp_path / "script.ass"
        path.write_text(script, encoding="utf-8")
        width, height = size
        flat = tmp_path / "flat.yuv"
        flat.write_bytes(bytes([luma]) * (width * height) + bytes([128]) * (width * height // 2))
        tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv," if tagged else ""
        where = filter_escape(str(path)), filter_escape(str(fonts_dir))
        arguments = [
            *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(fps)),
            *("-stream_loop", "-1", "-i", str(flat), "-frames:v", str(frames)),
            *("-vf", f"{tags}ass={where[0]}:fontsdir={where[1]}", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"),
        ]
        with ffmpeg.frames_out(arguments, timeout_s=120) as pipe:
            raw = np.frombuffer(pipe.read(), np.uint8).reshape(frames, height * 3 // 2, width)
        return raw if planes == "all" else raw[:, :height]

    return render
