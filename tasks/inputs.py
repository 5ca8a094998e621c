"""What each step is given: pure functions from the spec and earlier results to keyword arguments."""

from collections.abc import Mapping, Sequence
from typing import Any

from engines.branding import first_number, numbers_of, role_of
from engines.stock.wants import visuals_of
from models.audio import BedSettings, MasterTarget, PreparedEffect
from models.canvas import FRAME_RATES
from models.captions import CaptionTexts
from models.cards import Card
from models.encoding import FrameFormat, VideoSettings
from models.graphics import SceneRole, look_of
from models.media import Source
from models.overlays import Overlays
from models.picture import TransitionName
from models.report import CaptionSet
from models.scene import Scene
from models.shots import Shot
from models.spec import ShortSpec
from models.timeline import Narration, Timeline
from tasks import shots as scene_shots
from tasks import sound, voice_inputs
from tasks.caption_texts import caption_texts
from tasks.cuts import Cuts, Rendition
from tasks.library import library_version
from tasks.overlay_inputs import has_overlays
from tasks.pictures import is_described
from tasks.retries import Inputs

Sources = Mapping[str, Source]
Narrations = Mapping[int, Narration]
Shots = Mapping[int, Shot]

_MUSIC, _EFFECT = "music", "sound effect"
# Measured on two cores: footage, which the encoder's own process decodes, takes a third longer than a still of as many
# frames, and the mix of forty frames as long as the encode of one.
_FOOTAGE_COST = 1.35
_MIXED_PER_ENCODED = 40
STEPS = 2  # plan_timeline, mix_audio
CUT_STEPS = 3  # typeset_captions, make_poster, publish


def needed_sources(spec: ShortSpec, scenes: Sequence[Scene]) -> dict[str, str]:
    """Return every distinct source with an address and who uses it ("scene 3, scene 7", "music"), for messages."""
    users: dict[str, list[str]] = {}
    for number, scene in zip(numbers_of(scenes), scenes, strict=True):
        visuals = (visual for _, visual in visuals_of(scene) if not is_described(visual))
        user = f"scene {number}" if role_of(scene) is SceneRole.CONTENT else role_of(scene).value
        for uri in filter(None, (*visuals, scene.voice_over)):
            users.setdefault(uri, []).append(user)
    if spec.voice_over:
        users.setdefault(spec.voice_over, []).append("voice-over")
    for source in (spec.captions.source, *(variant.captions_source for variant in spec.variants)):
        if source:
            users.setdefault(source, []).append("captions")
    if spec.music.track:
        users.setdefault(spec.music.track, []).append(_MUSIC)
    for use in sound.effect_uses(spec, scenes):
        users.setdefault(use.address, []).append(f"{_EFFECT} of scene {numbers_of(scenes)[use.scene]}")
    if spec.overlays.logo and has_overlays(spec, scenes):
        users.setdefault(spec.overlays.logo, []).append("logo")
    return {uri: ", ".join(dict.fromkeys(names)) for uri, names in users.items()}


def count_steps(spec: ShortSpec, scenes: Sequence[Scene], needed: Mapping[str, str], cuts: Cuts) -> int:
    """Return how many steps the whole render has, shared ones counted as often as they are asked for."""
    heard = sum(_MUSIC in users.split(", ") for users in needed.values()) + len(_effects(needed))
    files = sum(len(cut.renditions) for cut in cuts.values())
    of_cuts = len(cuts) * (CUT_STEPS + has_overlays(spec, scenes) + len(scenes)) + files * (1 + len(scenes))
    return len(needed) + voice_inputs.count_steps(spec, scenes) + heard + STEPS + of_cuts


def for_fetch(needed: Mapping[str, str]) -> dict[str, Inputs]:
    """Return the inputs of `fetch_asset` by source."""
    return {uri: {"uri": uri, "used_by": users} for uri, users in needed.items()}


def for_plan(spec: ShortSpec, scenes: Sequence[Scene], narrations: Narrations, sources: Sources) -> Inputs:
    """Return the inputs of `plan_timeline`."""
    return {
        "first_number": first_number(spec),
        "speech_ms": tuple(narrations[index].duration_ms if index in narrations else 0 for index in range(len(scenes))),
        "footage_ms": tuple(_footage_ms(scene, sources[scene.visual]) for scene in scenes),
        "min_duration_ms": tuple(scene.min_duration_ms for scene in scenes),
        "transition_ms": tuple(
            scene.transition_ms if scene.transition is not TransitionName.CUT else 0 for scene in scenes
        ),
        "fps": FRAME_RATES[spec.canvas.fps],
    }


def for_compose(scenes: Sequence[Scene], fetching: Mapping[str, Any], video: FrameFormat) -> dict[int, Inputs]:
    """Return the inputs of `compose_clip` by scene; the sources may be on their way."""
    return {
        index: {
            "source": fetching[scene.visual],
            "second": fetching[scene.second_visual] if scene.second_visual else None,
            "framing": framing,
            "video": video,
            **_count(index, scenes),
        }
        for index, (scene, framing) in enumerate(zip(scenes, scene_shots.framings(scenes), strict=True))
    }


def for_captions(
    spec: ShortSpec,
    scenes: Sequence[Scene],
    sources: Sources,
    narrations: Narrations,
    timeline: Timeline,
    video: FrameFormat,
) -> Inputs:
    """Return the inputs of `typeset_captions`."""
    return {
        "narrations": _by_scene(narrations, timeline),
        "said": CaptionTexts(
            language=spec.captions.language or spec.language,
            scenes=caption_texts(spec, scenes),
            cues=sources[spec.captions.source] if spec.captions.source else None,
        ),
        "timeline": timeline,
        "captions": spec.captions,
        "video": video,
        "first_number": first_number(spec),
        "library": library_version(),
    }


def for_music(spec: ShortSpec, fetching: Mapping[str, Any]) -> dict[str, Inputs]:
    """Return the inputs of `prepare_music` by track (one or none); it may be on its way."""
    return {track: {"track": fetching[track]} for track in filter(None, (spec.music.track,))}


def for_effects(needed: Mapping[str, str], fetching: Mapping[str, Any]) -> dict[str, Inputs]:
    """Return the inputs of `prepare_effect` by source; it may be on its way."""
    return {uri: {"sound": fetching[uri], "used_by": users} for uri, users in _effects(needed).items()}


def for_card_sounds(scenes: Sequence[Scene], sources: Sources) -> dict[str, Inputs]:
    """Return the inputs of `prepare_effect` by source, of the clips before and after the scenes that have sound."""
    cards = {scene.visual: role_of(scene).value for scene in scenes if isinstance(scene, Card)}
    return {
        uri: {"sound": sources[uri], "used_by": f"{_EFFECT} of {user}"}
        for uri, user in cards.items()
        if sources[uri].info.has_audio
    }


def for_mix(
    spec: ShortSpec,
    scenes: Sequence[Scene],
    narrations: Narrations,
    music: Mapping[str, Any],
    effects: Mapping[str, PreparedEffect],
    timeline: Timeline,
    target: MasterTarget,
) -> Inputs:
    """Return the inputs of `mix_audio`; the music may be on its way."""
    return {
        "narrations": _by_scene(narrations, timeline),
        "cleaned": sound.cleaned(spec, scenes),
        "effects": sound.placed_effects(spec, scenes, effects, timeline),
        "track": next(iter(music.values()), None),
        "timeline": timeline,
        "settings": BedSettings(
            gain_db=spec.music.gain_db,
            duck_db=spec.music.duck_db if spec.music.duck else 0.0,
            fade_in_ms=spec.music.fade_in_ms,
            fade_out_ms=spec.music.fade_out_ms,
            rests_ms=sound.rests_ms(scenes, effects, timeline),
        ),
        "target": target,
    }


def for_poster(
    spec: ShortSpec, scenes: Sequence[Scene], shots: Shots, timeline: Timeline, video: VideoSettings
) -> Inputs:
    """Return the inputs of `make_poster`: the pictures to choose from, and the title."""
    shown = [index for index, scene in enumerate(scenes) if role_of(scene) is SceneRole.CONTENT]
    return {
        "shots": tuple(shots[index] for index in shown),
        "frame_counts": tuple(timeline.slots[index].frame_count for index in shown),
        "video": video,
        "title": spec.poster.title.strip() or spec.title,
        "layout": spec.poster.layout,
        "look": look_of(spec.overlays, language=spec.language),
        "library": library_version(),
    }


def for_burn(
    scenes: Sequence[Scene],
    shots: Shots,
    narrations: Narrations,
    captions: CaptionSet,
    timeline: Timeline,
    rendition: Rendition,
) -> dict[int, Inputs]:
    """Return the inputs of `burn_subtitles` by scene."""
    return {
        index: {
            "shot": scene_shots.timed(shot, scenes[index], narrations.get(index), timeline, index),
            "previous": scene_shots.previous(scenes, shots, timeline, index),
            "overlays": _overlays(captions, index) if rendition.is_captioned else Overlays(),
            "frame_count": timeline.slots[index].frame_count,
            "video": rendition.settings,
            **_count(index, scenes),
        }
        for index, shot in shots.items()
    }


def _overlays(captions: CaptionSet, index: int) -> Overlays:
    ass = captions.scenes[index]
    return Overlays(captions=ass, library=library_version() if ass else None, images=captions.images[index])


def encode_cost(inputs: Inputs) -> float:
    """Return how long a `burn_subtitles` with these inputs takes, in frames of a still."""
    return float(inputs["frame_count"]) * (_FOOTAGE_COST if inputs["shot"].has_footage else 1)


def outlasts_a_scene(timeline: Timeline) -> bool:
    """Return whether the mix takes longer than the shortest scene's encode: all would wait for one that comes last."""
    return timeline.frame_count > _MIXED_PER_ENCODED * min(slot.frame_count for slot in timeline.slots)


def _effects(needed: Mapping[str, str]) -> dict[str, str]:
    """Return the sources that are sound effects, and where."""
    return {uri: users for uri, users in needed.items() if _EFFECT in users}


def _by_scene(narrations: Narrations, timeline: Timeline) -> tuple[Narration | None, ...]:
    return tuple(narrations.get(slot.index) for slot in timeline.slots)


def _count(index: int, scenes: Sequence[Scene]) -> Inputs:
    numbers = numbers_of(scenes)
    return {"number": numbers[index], "total": numbers[-1], "role": role_of(scenes[index])}


def _footage_ms(scene: Scene, source: Source) -> int:
    """Return the length of a clip's trimmed part; 0 for a still that is no card."""
    duration_ms = source.info.duration_ms
    if not duration_ms and isinstance(scene, Card):
        return scene.still_ms
    return max(0, min(scene.end_ms or duration_ms, duration_ms) - scene.start_ms)
