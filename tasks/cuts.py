"""The cuts of a short: the main one and its variants, and the video files of each. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from models.encoding import FrameFormat, VideoSettings, video_settings
from models.spec import ShortSpec, Variant

MAIN = ""  # the name of the cut that the spec itself describes


class Rendition(NamedTuple):
    """One video file of a cut."""

    file: str
    settings: VideoSettings
    is_captioned: bool = True


class Cut(NamedTuple):
    """The short in one shape: what its pictures, captions and poster are made for, and its video files."""

    name: str
    spec: ShortSpec
    frame: FrameFormat
    renditions: tuple[Rendition, ...]


Cuts = Mapping[str, Cut]


def cuts_of(spec: ShortSpec) -> dict[str, Cut]:
    """Return the main cut, whose name is empty, and every variant by its name."""
    cuts = {MAIN: _cut(MAIN, spec)}
    for variant in spec.variants:
        name = _free_name(variant.name or _difference(variant), cuts)
        cuts[name] = _cut(name, _in_variant(spec, variant))
    return cuts


def _cut(name: str, spec: ShortSpec) -> Cut:
    settings = video_settings(spec.canvas, spec.quality)
    renditions = [Rendition("video.mp4", settings)]
    if spec.export.clean:
        renditions.append(Rendition("clean.mp4", settings, is_captioned=False))
    return Cut(name, spec, settings.frame, tuple(renditions))


def _in_variant(spec: ShortSpec, variant: Variant) -> ShortSpec:
    canvas = spec.canvas.model_copy(update={"preset": variant.shape or spec.canvas.preset})
    return spec.model_copy(update={"canvas": canvas, "variants": ()})


def _difference(variant: Variant) -> str:
    return str(variant.shape or "variant")


def _free_name(name: str, taken: Mapping[str, Cut]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
