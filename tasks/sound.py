"""What a spec's sound settings mean: the track of a mood, the effects and where they play, the loudness wanted."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from blocks.settings import get_settings
from engines.audio import library, targets
from engines.audio.effects import LONGEST_MS
from engines.audio.loudness import SILENCE_LUFS
from engines.timebase import frame_to_ms
from models.audio import LoudnessTarget, PlacedEffect, PreparedEffect
from models.cards import Card
from models.credits import MusicCredit
from models.picture import TransitionName
from models.scene import Scene
from models.soundtrack import CleanVoice
from models.spec import ShortSpec
from models.timeline import SceneSlot, Timeline
from tasks.library import LOUDNESS_FILE, MANIFEST


class EffectUse(NamedTuple):
    """One sound effect in one scene (counted from 0); in its transition, or at a time of its own."""

    scene: int
    address: str
    in_transition: bool


def with_sound(spec: ShortSpec) -> ShortSpec:
    """Return the spec with the track that its mood picks, if it names no track.

    Raises MoodUnknown, LibraryInvalid.
    """
    music_credit(spec)
    if spec.music.track or not spec.music.mood:
        return spec
    track = library.choose_track(libraries(), spec.music.mood, seed=spec.title)
    return spec.model_copy(update={"music": spec.music.model_copy(update={"track": track.address})})


def libraries() -> tuple[tuple[library.LibraryTrack, ...], ...]:
    """Return the tracks of the user's folder, if there is one, and those that come along. Raises LibraryInvalid."""
    folder = _own_folder()
    own = library.folder_tracks(folder) if folder.is_dir() else ()
    return own, library.bundled_tracks(MANIFEST)


def music_credit(spec: ShortSpec) -> MusicCredit | None:
    """Return whose the spec's track is, as far as its library says. Raises LibraryInvalid."""
    address = spec.music.track
    if not address:
        return None
    tracks = [track for tracks in libraries() for track in tracks] if _in_a_library(address) else []
    known = next((track for track in tracks if track.address in (address, f"{address}.ogg")), None)
    return MusicCredit(track=address, author=known.author if known else "", licence=known.licence if known else "")


def _in_a_library(address: str) -> bool:
    return address.startswith("assets:") or Path(address).is_relative_to(_own_folder())


def _own_folder() -> Path:
    return get_settings().music.expanduser().resolve()


def loudness_of(spec: ShortSpec) -> LoudnessTarget:
    """Return how loud the master should be, by the user's own file or ours. Raises LoudnessUnknown, PresetInvalid."""
    own = get_settings().presets.expanduser() / LOUDNESS_FILE.name
    return targets.loudness_target([file for file in (own, LOUDNESS_FILE) if file.is_file()], spec.sound.loudness)


def cleaned(spec: ShortSpec, scenes: Sequence[Scene]) -> tuple[bool, ...]:
    """Return for each scene whether its voice is cleaned up."""
    wanted = spec.sound.clean_voice
    return tuple(
        wanted is CleanVoice.ALWAYS or (wanted is CleanVoice.RECORDINGS and bool(scene.voice_over or spec.voice_over))
        for scene in scenes
    )


def effect_uses(spec: ShortSpec, scenes: Sequence[Scene]) -> tuple[EffectUse, ...]:
    """Return every sound effect of a short, in order. Raises LibraryInvalid."""
    uses = []
    for index, scene in enumerate(scenes):
        if index and scene.transition is not TransitionName.CUT and (address := _transition_sound(spec, scene)):
            uses.append(EffectUse(index, address, in_transition=True))
        if scene.sound:
            uses.append(EffectUse(index, scene.sound, in_transition=False))
    return tuple(uses)


def placed_effects(
    spec: ShortSpec, scenes: Sequence[Scene], effects: Mapping[str, PreparedEffect], timeline: Timeline
) -> tuple[PlacedEffect, ...]:
    """Return when each effect starts: at its scene's time, or so that it is loudest in the middle of the transition.

    Intro and outro bring their own sound.
    """
    placed = []
    for use in effect_uses(spec, scenes):
        slot, effect = timeline.slots[use.scene], effects[use.address]
        at_ms = frame_to_ms(slot.start_frame, timeline.fps)
        if use.in_transition:
            start_ms = at_ms + _middle_ms(slot, timeline) - effect.info.peak_ms
        else:
            start_ms = at_ms + scenes[use.scene].sound_at_ms
        if slot.transition_frames or not use.in_transition:
            placed.append(PlacedEffect(effect=effect, start_ms=start_ms, gain_db=spec.sound.effects_gain_db))
    placed += [
        PlacedEffect(effect=effect, start_ms=frame_to_ms(slot.start_frame, timeline.fps), gain_db=0.0)
        for effect, slot in _sounding_cards(scenes, effects, timeline)
    ]
    return tuple(placed)


def rests_ms(
    scenes: Sequence[Scene], effects: Mapping[str, PreparedEffect], timeline: Timeline
) -> tuple[tuple[int, int], ...]:
    """Return from when to when an intro or outro is heard, where music would only clash with it."""
    return tuple(
        (
            frame_to_ms(slot.start_frame, timeline.fps),
            frame_to_ms(slot.start_frame, timeline.fps) + min(frame_to_ms(slot.frame_count, timeline.fps), LONGEST_MS),
        )
        for effect, slot in _sounding_cards(scenes, effects, timeline)
        if effect.info.loudness_lufs > SILENCE_LUFS
    )


def _sounding_cards(
    scenes: Sequence[Scene], effects: Mapping[str, PreparedEffect], timeline: Timeline
) -> Iterator[tuple[PreparedEffect, SceneSlot]]:
    for scene, slot in zip(scenes, timeline.slots, strict=True):
        if isinstance(scene, Card) and scene.visual in effects:
            yield effects[scene.visual], slot


def _middle_ms(slot: SceneSlot, timeline: Timeline) -> int:
    return frame_to_ms(slot.transition_frames, timeline.fps) // 2


def _transition_sound(spec: ShortSpec, scene: Scene) -> str | None:
    if spec.sound.transition_sound or not spec.sound.transition_sounds:
        return spec.sound.transition_sound
    by_kind = _transition_sounds()
    return by_kind.get(scene.transition.value, by_kind["any"])


@cache
def _transition_sounds() -> dict[str, str]:
    return library.transition_sounds(MANIFEST)
