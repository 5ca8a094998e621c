"""Synthetic media for the tests: made here, so that no test needs a file or the network."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

MS = Fraction(1, 1000)
RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 30), (30, 30, 200), (210, 200, 40)
MOST_COUNTED_FRAMES = 70


def quadrants(width_px: int, height_px: int) -> Image.Image:
    """A picture whose orientation shows: red and green above, blue and yellow below."""
    image = Image.new("RGB", (width_px, height_px), RED)
    image.paste(GREEN, (width_px // 2, 0, width_px, height_px // 2))
    image.paste(BLUE, (0, height_px // 2, width_px // 2, height_px))
    image.paste(YELLOW, (width_px // 2, height_px // 2, width_px, height_px))
    return image


def gradient(width_px: int, height_px: int) -> Image.Image:
    """A smooth picture of many colours."""
    x, y = np.meshgrid(np.linspace(0, 255, width_px), np.linspace(0, 255, height_px))
    return Image.fromarray(np.dstack([x, y, 255 - (x + y) / 2]).astype(np.uint8))


def corner_colors(rgb: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters: top left, top right, bottom left, bottom right."""
    height, width = rgb.shape[:2]
    return [
        tuple(int(value) for value in rgb[height * row // 4, width * column // 4])
        for row, column in ((1, 1), (1, 3), (3, 1), (3, 3))
    ]


def constant_rate(count: int, fps: Fraction | int) -> list[int]:
    """The times of `count` frames at a constant rate, in milliseconds."""
    return [round(number * 1000 / Fraction(fps)) for number in range(count)]


def counted_frame(number: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """An even grey frame whose brightness is its number."""
    luma = np.full((height_px, width_px), 20 + 3 * number, np.uint8)
    return np.vstack([luma, np.full((height_px // 2, width_px), 128, np.uint8)])


def counted_number(i420: NDArray[np.uint8]) -> int:
    """The number of the counted frame that is seen in the middle."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    return round((int(i420[height // 2, width // 2]) - 20) / 3)


def make_video(
    path: Path,
    *,
    pts_ms: Sequence[int],
    pictures: Sequence[NDArray[np.uint8]] | None = None,
    size: tuple[int, int] = (160, 90),
    container: str | None = None,
    codec: str = "libx264",
    gop: int = 250,
    b_frames: int = 2,
    rotation: int = 0,
    sample_aspect: Fraction = Fraction(1),
    audio_ms: int = 0,
    tags: Sequence[str] = (),
    pix_fmt: str = "yuv420p",
) -> Path:
    """Write a video of counted frames (or of RGB pictures), one at each time given; `tags` are encoder settings."""
    width, height = size
    codec_options = {"libx264": {"crf": "4", "preset": "veryfast", "bf": str(b_frames)}}.get(codec, {})
    options = {**codec_options, "g": str(gop), **dict(tag.split("=", 1) for tag in tags)}
    with av.open(str(path), "w", format=container) as file:
        video = file.add_stream(codec, rate=30, options=options)
        video.width, video.height, video.pix_fmt = width, height, pix_fmt
        video.codec_context.time_base = video.time_base = Fraction(1, 25) if codec == "mpeg2video" else MS
        video.codec_context.sample_aspect_ratio = sample_aspect
        if rotation:
            video.set_display_rotation(rotation)
        sound = file.add_stream("aac", rate=48_000, layout="mono") if audio_ms else None
        for number, pts in enumerate(pts_ms):
            if pictures is None:
                frame = av.VideoFrame.from_ndarray(counted_frame(number, width, height), format="yuv420p")
            else:
                frame = av.VideoFrame.from_ndarray(pictures[number], format="rgb24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts, frame.time_base = pts, MS
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if sound:
            _add_tone(file, sound, audio_ms)
    return path


def make_audio(path: Path, *, duration_ms: int, codec: str = "pcm_s16le", rate_hz: int = 48_000) -> Path:
    """Write a mono tone."""
    with av.open(str(path), "w") as file:
        _add_tone(file, file.add_stream(codec, rate=rate_hz, layout="mono"), duration_ms)
    return path


def cut_off(path: Path, *, keep: float) -> Path:
    """Leave the first `keep` (0 to 1) of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def save_animation(path: Path, frames: Sequence[Image.Image], durations_ms: Sequence[int]) -> Path:
    """Write an animated GIF, WebP or PNG by the extension of `path`."""
    extra = {"lossless": True} if path.suffix == ".webp" else {"disposal": 2 if path.suffix == ".gif" else 1}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=list(durations_ms), loop=0, **extra)
    return path


def swapped_profile() -> bytes:
    """A colour profile in which red and green have changed places."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    data[red + 4 : red + 12], data[green + 4 : green + 12] = data[green + 4 : green + 12], data[red + 4 : red + 12]
    return bytes(data)


def _add_tone(file: av.container.OutputContainer, stream: av.AudioStream, duration_ms: int) -> None:
    rate_hz = stream.rate
    times = np.arange(duration_ms * rate_hz // 1000) / rate_hz
    samples = (np.sin(2 * np.pi * 440 * times) * 8000).astype(np.int16)
    for start in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))
