"""What steps are given decides when they run again: what a spec's change must and must not reach."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from models.artifacts import ArtifactRef
from models.audio import MasterTarget
from models.media import MediaInfo, MediaKind, Source
from models.report import CaptionSet
from models.shots import Footage, Plate, Shot
from models.spec import ShortSpec
from models.timeline import Narration, SceneSlot, Timeline
from tasks import inputs
from tasks.burn import burn_subtitles
from tasks.cuts import MAIN, Cut, cuts_of
from tasks.plan import scenes_of

SCENES: list[dict[str, Any]] = [
    {"narration": "One.", "visual": "a.jpg"},
    {"narration": "Two.", "visual": "b.jpg", "transition": "fade"},
    {"visual": "clip.mp4", "min_duration_ms": 1000},
]


def ref(name: str) -> ArtifactRef:
    return ArtifactRef(uri=name, sha256=name.encode().hex().ljust(64, "0")[:64], size=1, media_type="x")


def spec_of(scenes: list[dict[str, Any]] = SCENES, **fields: Any) -> ShortSpec:
    return ShortSpec.model_validate({"title": "T", "scenes": scenes, **fields}, strict=False)


def edited(index: int, **fields: Any) -> ShortSpec:
    return spec_of([{**scene, **fields} if at == index else scene for at, scene in enumerate(SCENES)])


def said(name: str, duration_ms: int = 900) -> Narration:
    return Narration(audio=ref(name), duration_ms=duration_ms, words=())


def source(name: str, duration_ms: int = 0) -> Source:
    kind = MediaKind.VIDEO if duration_ms else MediaKind.IMAGE
    return Source(uri=name, info=MediaInfo(kind=kind, width_px=8, height_px=8, duration_ms=duration_ms), blob=ref(name))


SOURCES = {"a.jpg": source("a.jpg"), "b.jpg": source("b.jpg"), "clip.mp4": source("clip.mp4", 5000)}
NARRATIONS = {0: said("one"), 1: said("two")}
CAPTIONS = CaptionSet(scenes=(ref("ass0"), ref("ass1"), None), images=((), (), ()), srt=ref("srt"), vtt=ref("vtt"))


def timeline_of(spec: ShortSpec) -> Timeline:
    slots = tuple(
        SceneSlot(index=index, start_frame=30 * index, frame_count=30, transition_frames=6 if index == 1 else 0)
        for index in range(len(scenes_of(spec)))
    )
    return Timeline(fps=inputs.FRAME_RATES[spec.canvas.fps], slots=slots)


def main_cut(spec: ShortSpec) -> Cut:
    return cuts_of(spec)[MAIN]


def burn_keys(spec: ShortSpec, *, file: int = 0, captions: CaptionSet = CAPTIONS) -> list[str]:
    """The cache key of each scene's encode."""
    scenes = scenes_of(spec)
    shots = {at: Shot(picture=Plate(blob=ref(s.visual), width_px=8, height_px=8)) for at, s in enumerate(scenes)}
    rendition = main_cut(spec).renditions[file]
    given = inputs.for_burn(scenes, shots, NARRATIONS, captions, timeline_of(spec), rendition)
    return [burn_subtitles.cache_policy.key(burn_subtitles.name, each) for each in given.values()]


def changed(before: list[str], after: list[str]) -> set[int]:
    return {index for index, (one, other) in enumerate(zip(before, after, strict=False)) if one != other}


def plan(spec: ShortSpec, sources: Mapping[str, Source] = SOURCES) -> dict[str, Any]:
    return dict(inputs.for_plan(spec, scenes_of(spec), NARRATIONS, sources))


def mix(spec: ShortSpec) -> dict[str, Any]:
    return dict(inputs.for_mix(spec, scenes_of(spec), NARRATIONS, {}, {}, timeline_of(spec), MasterTarget()))


@pytest.mark.parametrize(
    ("edit", "again"),
    [
        ({"index": 0, "visual": "clip.mp4"}, {0, 1}),  # and the scene that takes over from it
        ({"index": 1, "visual": "clip.mp4"}, {1}),
        ({"index": 1, "transition": "whip"}, {1}),
        ({"index": 1, "transition": "cut"}, {1}),
        ({"index": 2, "visual": "b.jpg"}, {2}),
        ({"index": 2, "sound": "assets:sounds/pop.ogg"}, set()),
    ],
)
def test_an_edited_scene_is_encoded_again_and_whatever_shows_its_end(edit: dict[str, Any], again: set[int]):
    assert changed(burn_keys(spec_of()), burn_keys(edited(**edit))) == again


def test_a_scene_more_leaves_the_frames_of_the_others():
    captions = CAPTIONS.model_copy(update={"scenes": (*CAPTIONS.scenes, None), "images": (*CAPTIONS.images, ())})
    longer = burn_keys(spec_of([*SCENES, {"visual": "b.jpg", "min_duration_ms": 1000}]), captions=captions)
    assert len(longer) == 4
    assert changed(burn_keys(spec_of()), longer) == set()


def test_captions_reach_only_the_scenes_and_files_that_show_them():
    spec = spec_of(export={"clean": True})
    other = CAPTIONS.model_copy(update={"scenes": (ref("new"), *CAPTIONS.scenes[1:])})
    assert changed(burn_keys(spec), burn_keys(spec, captions=other)) == {0}
    assert changed(burn_keys(spec, file=1), burn_keys(spec, file=1, captions=other)) == set()


def test_new_fonts_reach_only_the_scenes_that_have_captions(monkeypatch: pytest.MonkeyPatch):
    before = burn_keys(spec_of())
    monkeypatch.setattr(inputs, "library_version", lambda: "other fonts")
    assert changed(before, burn_keys(spec_of())) == {0, 1}


def test_a_cut_takes_no_time_from_the_scene_before():
    assert plan(spec_of())["transition_ms"][1] > 0
    assert plan(edited(1, transition="cut", transition_ms=700))["transition_ms"] == (0, 0, 0)


@pytest.mark.parametrize(
    ("trim", "length_ms"),
    [({}, 5000), ({"start_ms": 1000}, 4000), ({"end_ms": 3000}, 3000), ({"start_ms": 500, "end_ms": 9000}, 4500)],
)
def test_a_clip_counts_with_what_there_is_of_its_part(trim: dict[str, int], length_ms: int):
    assert plan(edited(2, **trim))["footage_ms"] == (0, 0, length_ms)


def test_silent_scenes_say_nothing():
    assert plan(spec_of())["speech_ms"] == (900, 900, 0)
    assert mix(spec_of())["narrations"] == (NARRATIONS[0], NARRATIONS[1], None)


def test_the_bed_is_what_the_spec_wants_of_it():
    music = {"track": "a.ogg", "gain_db": -9, "duck_db": 7, "fade_in_ms": 11, "fade_out_ms": 22}
    bed = mix(spec_of(music=music))["settings"]
    assert (bed.gain_db, bed.duck_db, bed.fade_in_ms, bed.fade_out_ms) == (-9, 7, 11, 22)
    assert mix(spec_of(music={**music, "duck": False}))["settings"].duck_db == 0


@pytest.mark.parametrize(
    ("wanted", "cleaned"), [("never", (False,) * 3), ("recordings", (True, False, False)), ("always", (True,) * 3)]
)
def test_a_voice_is_cleaned_where_the_spec_wants_it(wanted: str, cleaned: tuple[bool, ...]):
    scenes = [{**SCENES[0], "voice_over": "own.wav"}, *SCENES[1:]]
    assert mix(spec_of(scenes, sound={"clean_voice": wanted}))["cleaned"] == cleaned


@pytest.mark.parametrize(("own", "language"), [("", "de"), ("fr", "fr")])
def test_captions_are_in_their_own_language_or_the_voices(own: str, language: str):
    captions = {"language": own, "source": "a.jpg"} if own else {}
    spec = spec_of(language="de", captions=captions)
    cut = main_cut(spec)
    given = inputs.for_captions(cut.spec, scenes_of(spec), SOURCES, NARRATIONS, timeline_of(spec), cut.frame)
    assert given["said"].language == language


@pytest.mark.parametrize(("title", "shown"), [("", "T"), ("  ", "T"), ("Own", "Own")])
def test_a_poster_has_its_own_title_or_the_shorts(title: str, shown: str):
    spec = spec_of(poster={"title": title})
    scenes = scenes_of(spec)
    shots = {index: Shot(picture=Plate(blob=ref("p"), width_px=8, height_px=8)) for index in range(len(scenes))}
    given = inputs.for_poster(spec, scenes, shots, timeline_of(spec), main_cut(spec).renditions[0].settings)
    assert given["title"] == shown
    assert given["frame_counts"] == (30, 30, 30)


def test_footage_is_dearer_to_encode_than_a_still_of_as_many_frames():
    still = Shot(picture=Plate(blob=ref("p"), width_px=8, height_px=8))
    clip = Shot(picture=Footage(blob=ref("c"), source="c", start_ms=0, end_ms=1000, width_px=8, height_px=8))
    beside = still.model_copy(update={"second": clip})
    costs = [
        inputs.encode_cost({"shot": shot, "frame_count": frame_count})
        for shot, frame_count in ((still, 30), (still, 31), (clip, 30), (beside, 30), (still, 60))
    ]
    assert costs == sorted(costs)
    assert costs[0] < costs[1] < costs[2] == costs[3] < costs[4]


@pytest.mark.parametrize(("scenes", "frame_count", "outlasts"), [(12, 150, False), (120, 150, True), (60, 30, True)])
def test_the_mix_of_many_or_short_scenes_outlasts_one(scenes: int, frame_count: int, outlasts: bool):
    slots = tuple(
        SceneSlot(index=index, start_frame=frame_count * index, frame_count=frame_count) for index in range(scenes)
    )
    assert inputs.outlasts_a_scene(Timeline(fps=Fraction(30), slots=slots)) is outlasts


def test_a_source_is_fetched_once_however_many_use_it():
    scenes = [*SCENES, {"visual": "a.jpg", "min_duration_ms": 500, "sound": "boom.ogg"}]
    spec = spec_of(scenes, music={"track": "boom.ogg"})
    assert inputs.needed_sources(spec, scenes_of(spec)) == {
        "a.jpg": "scene 1, scene 4",
        "b.jpg": "scene 2",
        "clip.mp4": "scene 3",
        "boom.ogg": "music, sound effect of scene 4",
    }
