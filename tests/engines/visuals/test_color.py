import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import ffmpeg
from engines.visuals.color import hex_to_rgb, i420_to_rgb, rgb_to_i420
from tests.media import gradient, quadrants


def by_ffmpeg(rgb: np.ndarray, folder) -> np.ndarray:
    height, width = rgb.shape[:2]
    raw, converted = folder / "in.rgb", folder / "out.yuv"
    raw.write_bytes(rgb.tobytes())
    scale = "scale=flags=bicubic+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv:out_chroma_loc=left"
    size = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}")
    arguments = [*size, "-i", str(raw), "-vf", f"{scale},format=yuv420p", "-f", "rawvideo", str(converted)]
    ffmpeg.run(arguments, timeout_s=120)
    return np.frombuffer(converted.read_bytes(), np.uint8).reshape(height * 3 // 2, width)


def test_agrees_with_ffmpeg_s_bt709(tmp_path) -> None:
    rgb = np.asarray(gradient(320, 240))
    difference = np.abs(by_ffmpeg(rgb, tmp_path).astype(int) - rgb_to_i420(rgb))
    assert difference.max() <= 2
    assert difference.mean() < 0.5


def test_chroma_sits_where_ffmpeg_puts_it(tmp_path) -> None:
    rgb = np.asarray(quadrants(64, 48).resize((256, 192)))
    ours, theirs = rgb_to_i420(rgb)[192:].astype(int), by_ffmpeg(rgb, tmp_path)[192:].astype(int)
    assert np.abs(ours - theirs).mean() < 0.5


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [((255, 255, 255), (235, 128, 128)), ((0, 0, 0), (16, 128, 128)), ((255, 0, 0), (63, 102, 240)),
     ((0, 255, 0), (173, 42, 26)), ((0, 0, 255), (32, 240, 118))],
)  # fmt: skip
def test_the_standard_s_own_values(rgb, yuv) -> None:
    i420 = rgb_to_i420(np.full((4, 4, 3), rgb, np.uint8))
    assert (i420[0, 0], i420[4, 0], i420[5, 0]) == yuv


@given(st.tuples(*[st.integers(0, 255)] * 3), st.integers(1, 20), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_there_and_back_keeps_a_colour(rgb, half_width, half_height) -> None:
    picture = np.full((half_height * 2, half_width * 2, 3), rgb, np.uint8)
    i420 = rgb_to_i420(picture)
    assert i420.shape == (half_height * 3, half_width * 2)
    back = i420_to_rgb(i420)
    assert back.shape == picture.shape
    assert np.abs(back.astype(int) - picture).max() <= 2


def test_there_and_back_keeps_a_smooth_picture() -> None:
    rgb = np.asarray(gradient(640, 360))
    difference = np.abs(i420_to_rgb(rgb_to_i420(rgb)).astype(int) - rgb)
    assert difference.max() <= 6
    assert difference.mean() < 1


def test_odd_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        rgb_to_i420(np.zeros((3, 4, 3), np.uint8))


def test_hex_colours() -> None:
    assert hex_to_rgb("#FF8000") == (255, 128, 0)
