"""Animated pictures turned into plain footage, so that everything that moves is decoded in one way."""

from collections.abc import Generator
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import numpy as np
from PIL import Image

from engines.visuals.images import open_image
from engines.visuals.stills import fill_transparency, neutral_for
from models.media import MediaLimits

_LEAST_DELAY_MS = 10  # browsers take a delay of at most this for one that was never set…
_UNSET_DELAY_MS = 100  # …and show the frame for this long
_CLOCK = Fraction(1, 1000)


def make_mezzanine(animation: Path, *, source: str, output: Path, limits: MediaLimits | None = None) -> int:
    """Write an animated GIF, WebP, PNG or AVIF as lossless FFV1 in Matroska and return its length in milliseconds.

    Every frame keeps its own duration; transparency is filled with a neutral colour that suits the first frame.
    The same input gives the same bytes. Raises SourceUnreadable, SourceTooLarge.
    """
    end_ms = 0
    with (
        open_image(animation, source=source, limits=limits or MediaLimits()) as image,
        av.open(f"file:{output}", "w", format="matroska", options={"fflags": "+bitexact"}) as container,
    ):
        stream = container.add_stream("ffv1", rate=Fraction(1000, _UNSET_DELAY_MS), options={"slices": "4"})
        stream.width, stream.height, stream.pix_fmt = image.width, image.height, "bgr0"
        stream.codec_context.time_base = _CLOCK
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        for picture, duration_ms in _opaque_frames(image):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24").reformat(format="bgr0")
            frame.pts, frame.duration, frame.time_base = end_ms, duration_ms, _CLOCK
            container.mux(stream.encode(frame))
            end_ms += duration_ms
        container.mux(stream.encode(None))
    return end_ms


def frame_durations_ms(image: Image.Image) -> list[int]:
    """Return how long each frame of an opened animation is shown, decoding all of it."""
    return [_duration_ms(frame) for frame in _frames(image)]


def _opaque_frames(image: Image.Image) -> Generator[tuple[Image.Image, int]]:
    neutral = None
    for frame in _frames(image):
        picture = frame.convert("RGBA")
        neutral = neutral or neutral_for(picture)
        yield fill_transparency(picture, neutral), _duration_ms(frame)


def _frames(image: Image.Image) -> Generator[Image.Image]:
    """Yield the decoded frames; the same object each time, as Pillow seeks through it."""
    first = 1 if getattr(image, "default_image", False) else 0  # a PNG's picture for viewers that do not animate
    for number in count(first):
        try:
            image.seek(number)
        except EOFError:
            return
        image.load()
        yield image


def _duration_ms(frame: Image.Image) -> int:
    duration_ms = round(frame.info.get("duration", 0))
    return duration_ms if duration_ms > _LEAST_DELAY_MS else _UNSET_DELAY_MS
