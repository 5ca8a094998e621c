"""What each step of every cut is given: `tasks.inputs` once for each, in one mapping by the cut's name.

Where cuts want the same of a step, they get the same inputs, and `Steps` runs it once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from engines.timebase import frame_to_ms
from models.artifacts import ArtifactRef
from models.export import AudioFormat, SubtitleFormat
from models.media import Source
from models.report import CaptionSet, Master, NamedBlob, Sound, Video
from models.scene import Scene
from models.shots import EncodedScene, Shot
from models.timeline import Timeline
from tasks import inputs, overlay_inputs
from tasks.cuts import MAIN, Cuts, sounds_of
from tasks.inputs import Narrations
from tasks.publish import Goal
from tasks.retries import Inputs
from tasks.sound import loudness_of

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


def for_captions(
    cuts: Cuts, scenes: Sequence[Scene], sources: Mapping[str, Source], narrations: Narrations, timeline: Timeline
) -> dict[str, Inputs]:
    """Return the inputs of `typeset_captions` by cut."""
    return {
        cut.name: inputs.for_captions(cut.spec, scenes, sources, narrations, timeline, cut.frame)
        for cut in cuts.values()
    }


def for_overlays(
    cuts: Cuts,
    scenes: Sequence[Scene],
    sources: Mapping[str, Source],
    captions: Mapping[str, CaptionSet],
    timeline: Timeline,
) -> dict[str, Inputs]:
    """Return the inputs of `draw_overlays` by cut, of those that have any."""
    return {
        cut.name: overlay_inputs.for_overlays(cut.spec, scenes, sources, captions[cut.name], timeline, cut.frame)
        for cut in cuts.values()
        if overlay_inputs.has_overlays(cut.spec, scenes)
    }


def for_poster(
    cuts: Cuts, scenes: Sequence[Scene], shots: Mapping[CutKey, Shot], timeline: Timeline
) -> dict[str, Inputs]:
    """Return the inputs of `make_poster` by cut."""
    return {
        cut.name: inputs.for_poster(cut.spec, scenes, _by_scene(shots, cut.name), timeline, cut.renditions[0].settings)
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


def for_audio(cuts: Cuts, master: Master) -> dict[AudioFormat, Inputs]:
    """Return the inputs of `encode_audio` by format; AAC is the master's own, and only gets a title."""
    main = cuts[MAIN].spec
    title, target = main.title, loudness_of(main)
    return {
        wanted: {
            "master": master.blob if wanted is AudioFormat.AAC else master.lossless,
            "wanted": wanted,
            "target": target,
            "title": title,
        }
        for wanted in sounds_of(cuts)
    }


def for_scripts(cuts: Cuts, captions: Mapping[str, CaptionSet], timeline: Timeline) -> dict[str, Inputs]:
    """Return the inputs of `join_captions` by cut, where it is wanted and there are captions."""
    starts_ms = tuple(frame_to_ms(slot.start_frame, timeline.fps) for slot in timeline.slots)
    return {
        name: {"scenes": captions[name].scenes, "starts_ms": starts_ms}
        for name, cut in cuts.items()
        if SubtitleFormat.ASS in cut.spec.export.subtitles and any(captions[name].scenes)
    }


def for_assembly(
    cuts: Cuts,
    encoded: Mapping[SegmentKey, EncodedScene],
    master: Master,
    sounds: Mapping[AudioFormat, Sound],
) -> dict[FileKey, Inputs]:
    """Return the inputs of `assemble_video` by cut and file."""
    return {
        (cut.name, rendition.file): {
            "scenes": tuple(scene for key, scene in encoded.items() if key[:2] == (cut.name, rendition.file)),
            "sound": master.blob if rendition.sound is AudioFormat.AAC else sounds[rendition.sound].blob,
            "video": rendition.settings,
            "title": cut.spec.title,
            "name": rendition.file,
            "edit_lists": rendition.edit_lists,
        }
        for cut in cuts.values()
        for rendition in cut.renditions
    }


def for_publish(
    cuts: Cuts,
    videos: Mapping[FileKey, Video],
    posters: Mapping[str, ArtifactRef],
    sidecars: Mapping[str, Mapping[str, ArtifactRef]],
    goal: Goal,
) -> dict[str, Inputs]:
    """Return the inputs of `publish` by cut: its files, the main video first; a variant has a folder of its own."""
    published = {}
    for name in cuts:
        first, *others = videos_of(videos, name)
        more = {video.name: video.blob for video in others}
        files = {first.name: first.blob, "poster.jpg": posters[name], **sidecars[name], **more}
        named = tuple(NamedBlob(name=file, blob=blob) for file, blob in files.items())
        published[name] = goal.inputs(named, below=name)
    return published


def sidecars_of(
    cuts: Cuts,
    captions: Mapping[str, CaptionSet],
    scripts: Mapping[str, ArtifactRef],
    sounds: Mapping[AudioFormat, Sound],
) -> dict[str, dict[str, ArtifactRef]]:
    """Return every cut's files beside videos and poster, by their names; the sound lies with the main cut."""
    sidecars = {}
    for name, cut in cuts.items():
        kinds = {"srt": captions[name].srt, "vtt": captions[name].vtt, "ass": scripts.get(name)}
        sidecars[name] = {f"captions.{kind}": blob for kind in cut.spec.export.subtitles if (blob := kinds[kind])}
    for wanted in cuts[MAIN].spec.export.audio:
        sidecars[MAIN][sounds[wanted].name] = sounds[wanted].blob
    return sidecars


def videos_of(videos: Mapping[FileKey, Video], cut: str) -> tuple[Video, ...]:
    """Return a cut's videos, the main one first."""
    return tuple(video for (name, _), video in videos.items() if name == cut)


def _by_scene(values: Mapping[CutKey, T], cut: str) -> dict[int, T]:
    return {index: value for (name, index), value in values.items() if name == cut}
