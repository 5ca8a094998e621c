"""What each step of every cut is given: `tasks.inputs` once for each, in one mapping by the cut's name.

Where cuts want the same of a step, they get the same inputs, and `Steps` runs it once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from models.artifacts import ArtifactRef
from models.report import CaptionSet, Master, Video
from models.shots import EncodedScene, Shot
from models.spec import Scene
from models.timeline import Timeline
from tasks import inputs
from tasks.cuts import Cuts
from tasks.inputs import Inputs, Narrations

T = TypeVar("T")

CutKey = tuple[str, int]  # a cut's scene
FileKey = tuple[str, str]  # a cut's video file
SegmentKey = tuple[str, str, int]  # a scene in a cut's video file


def for_compose(cuts: Cuts, scenes: Sequence[Scene], fetching: Mapping[str, Any]) -> dict[CutKey, Inputs]:
    """Return the inputs of `compose_clip` by cut and scene; the sources may be on their way."""
    return {
        (cut.name, index): given
        for cut in cuts.values()
        for index, given in inputs.for_compose(scenes, fetching, cut.frame).items()
    }


def for_captions(cuts: Cuts, narrations: Narrations, timeline: Timeline) -> dict[str, Inputs]:
    """Return the inputs of `typeset_captions` by cut."""
    return {cut.name: inputs.for_captions(cut.spec, narrations, timeline, cut.frame) for cut in cuts.values()}


def for_poster(cuts: Cuts, shots: Mapping[CutKey, Shot], timeline: Timeline) -> dict[str, Inputs]:
    """Return the inputs of `make_poster` by cut."""
    return {
        cut.name: inputs.for_poster(cut.spec, _by_scene(shots, cut.name), timeline, cut.renditions[0].settings)
        for cut in cuts.values()
    }


def for_burn(
    cuts: Cuts,
    scenes: Sequence[Scene],
    shots: Mapping[CutKey, Shot],
    narrations: Narrations,
    captions: Mapping[str, CaptionSet],
    timeline: Timeline,
) -> dict[SegmentKey, Inputs]:
    """Return the inputs of `burn_subtitles` by cut, file and scene."""
    return {
        (cut.name, rendition.file, index): given
        for cut in cuts.values()
        for rendition in cut.renditions
        for index, given in inputs.for_burn(
            scenes, _by_scene(shots, cut.name), narrations, captions[cut.name], timeline, rendition
        ).items()
    }


def for_assembly(cuts: Cuts, encoded: Mapping[SegmentKey, EncodedScene], master: Master) -> dict[FileKey, Inputs]:
    """Return the inputs of `assemble_video` by cut and file."""
    return {
        (cut.name, rendition.file): inputs.for_assembly(
            cut.spec,
            [scene for key, scene in encoded.items() if key[:2] == (cut.name, rendition.file)],
            master,
            rendition,
        )
        for cut in cuts.values()
        for rendition in cut.renditions
    }


def for_publish(
    cuts: Cuts,
    videos: Mapping[FileKey, Video],
    posters: Mapping[str, ArtifactRef],
    captions: Mapping[str, CaptionSet],
    folder: str,
) -> dict[str, Inputs]:
    """Return the inputs of `publish` by cut."""
    return {
        name: inputs.for_publish(cut, videos_of(videos, name), posters[name], captions[name], folder)
        for name, cut in cuts.items()
    }


def videos_of(videos: Mapping[FileKey, Video], cut: str) -> tuple[Video, ...]:
    """Return a cut's videos, the main one first."""
    return tuple(video for (name, _), video in videos.items() if name == cut)


def _by_scene(values: Mapping[CutKey, T], cut: str) -> dict[int, T]:
    return {index: value for (name, index), value in values.items() if name == cut}
