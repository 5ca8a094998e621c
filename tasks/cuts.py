"""The cuts of a short: the main one and its variants, and the video files of each. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from models.caption_settings import Captions
from models.encoding import FrameFormat, VideoSettings, video_settings
from models.export import AudioFormat, VideoFormat
from models.spec import ShortSpec
from models.variant import Variant

MAIN = ""  # the name of the cut that the spec itself describes


class Rendition(NamedTuple):
    """One video file of a cut."""

    file: str
    settings: VideoSettings
    is_captioned: bool = True
    edit_lists: bool = True  # whether an MP4 may have them

    @property
    def sound(self) -> AudioFormat:
        """What its container takes: Matroska cannot tell players to leave out the silence that AAC begins with."""
        return AudioFormat.AAC if self.file.endswith(".mp4") else AudioFormat.OPUS


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


def sounds_of(cuts: Cuts) -> tuple[AudioFormat, ...]:
    """Return the formats of sound that are wanted by themselves or, but for AAC, which the master is, for a video."""
    by_themselves = cuts[MAIN].spec.export.audio
    in_videos = [rendition.sound for cut in cuts.values() for rendition in cut.renditions]
    return tuple(dict.fromkeys((*by_themselves, *(each for each in in_videos if each is not AudioFormat.AAC))))


def needs_lossless(cuts: Cuts) -> bool:
    """Tell whether any sound is encoded from the master, which then has to be kept without loss as well."""
    return any(each is not AudioFormat.AAC for each in sounds_of(cuts))


def _cut(name: str, spec: ShortSpec) -> Cut:
    main, *others = dict.fromkeys((spec.export.video, *spec.export.also))
    renditions = [Rendition(f"video.{main.container}", _settings(spec, main))]
    renditions += [Rendition(f"video-{each.codec}.{each.container}", _settings(spec, each)) for each in others]
    if spec.export.clean:
        clean = f"clean.{main.container}"
        renditions.append(renditions[0]._replace(file=clean, is_captioned=False))
    return Cut(name, spec, renditions[0].settings.frame, tuple(renditions))


def _settings(spec: ShortSpec, wanted: VideoFormat) -> VideoSettings:
    return video_settings(spec.canvas, spec.quality, wanted.codec)


def _in_variant(spec: ShortSpec, variant: Variant) -> ShortSpec:
    canvas = spec.canvas.model_copy(update={"preset": variant.shape or spec.canvas.preset})
    return spec.model_copy(update={"canvas": canvas, "captions": _captions_in(spec, variant), "variants": ()})


def _captions_in(spec: ShortSpec, variant: Variant) -> Captions:
    source = None if variant.captions_language else spec.captions.source
    chosen = {
        "language": variant.captions_language or spec.captions.language,
        "source": variant.captions_source or source,
    }
    return spec.captions.model_copy(update=chosen)


def _difference(variant: Variant) -> str:
    differences = (variant.shape, variant.captions_language and variant.captions_language.lower())
    return "-".join(str(difference) for difference in differences if difference) or "variant"


def _free_name(name: str, taken: Mapping[str, Cut]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
