"""What the steps that make pictures are told of each scene: pure functions of the spec and of earlier results."""

from collections.abc import Mapping, Sequence

from blocks.settings import get_settings
from blocks.store import ArtifactStore
from engines.branding import numbers_of
from engines.stock.wants import least_ms
from engines.timebase import frame_to_ms
from engines.visuals.catalogue import EffectKind, add_folder, use_of
from engines.visuals.motion import choose_motions, clip_motion
from engines.visuals.shots import LoadedShot
from models.picture import MotionName, TransitionName
from models.scene import Scene, plain_word
from models.shots import Framing, Previous, Shot
from models.timeline import Narration, Timeline
from tasks.errors import in_scene

PUNCH_MS = 240
_WATCHED_MS = (3_000, 6_000, 12_000)
_PUNCH_LEAD_MS = 60  # the eye sees a move that starts with the word as one that is late


def framings(scenes: Sequence[Scene]) -> list[Framing]:
    """Return how each scene wants its picture, said before anybody knows what its visual is.

    A plain colour has nothing to move. Raises SceneError for an effect that there is not.
    """
    find_own_effects()
    wanted = [MotionName.NONE if scene.visual.startswith("color:") else scene.motion for scene in scenes]
    stills = choose_motions(wanted)
    made = []
    for number, scene, motion, still in zip(numbers_of(scenes), scenes, wanted, stills, strict=True):
        with in_scene(number):
            looks = tuple(use_of(name, EffectKind.LOOK) for name in scene.effects)
        made.append(
            Framing(
                fit=scene.fit,
                motion=clip_motion(motion),
                still_motion=still,
                start_ms=scene.start_ms,
                end_ms=scene.end_ms,
                focus=scene.focus,
                easing=scene.easing,
                looks=looks,
                watched_ms=_watched_ms(scene),
            )
        )
    return made


def _watched_ms(scene: Scene) -> int:
    """Return how much of a clip a scene may show, guessed from its text, in steps that few edits of it pass over."""
    guess_ms = least_ms(scene, rate=1.0) - scene.start_ms
    return next((step_ms for step_ms in _WATCHED_MS if guess_ms <= step_ms), _WATCHED_MS[-1])


def timed(shot: Shot, scene: Scene, narration: Narration | None, timeline: Timeline, index: int) -> Shot:
    """Return a scene's shot with the time of its punch-in: that of a word, or a third of a scene without words."""
    if scene.motion is not MotionName.PUNCH_IN:
        return shot
    word_ms = _word_ms(scene.motion_word, narration) if narration else None
    slot = timeline.slots[index]
    at_ms = frame_to_ms(slot.frame_count, timeline.fps) // 3 if word_ms is None else slot.speech_offset_ms + word_ms
    from_ms = max(0, at_ms - _PUNCH_LEAD_MS)
    update = {"move_from_ms": from_ms, "move_to_ms": from_ms + PUNCH_MS}
    second = shot.second and shot.second.model_copy(update=update)
    return shot.model_copy(update={**update, "second": second})


def _word_ms(wanted: str, narration: Narration) -> int | None:
    """Return when the wanted word is said, or else the longest one, counted from the start of the speech."""
    said = [word for word in narration.words if plain_word(word.text) == plain_word(wanted)] if wanted else []
    chosen = said[0] if said else max(narration.words, key=lambda word: len(word.text), default=None)
    return chosen.start_ms if chosen else None


def previous(scenes: Sequence[Scene], shots: Mapping[int, Shot], timeline: Timeline, index: int) -> Previous | None:
    """Return what scene `index` takes over from during its transition, if it has one."""
    overlap, transition = timeline.slots[index].transition_frames, scenes[index].transition
    if not overlap or transition is TransitionName.CUT:
        return None
    return Previous(
        shot=shots[index - 1],
        frame_count=timeline.slots[index - 1].frame_count,
        transition_frames=overlap,
        transition=use_of(transition.value, EffectKind.TRANSITION),
    )


def find_own_effects() -> None:
    """Let the user's own effects be found beside those that come along."""
    folder = get_settings().effects
    if folder:
        add_folder(folder.expanduser().absolute())


def load_shot(store: ArtifactStore, shot: Shot) -> LoadedShot:
    """Return a shot with its files at hand, and the effects that it may name."""
    find_own_effects()
    second = load_shot(store, shot.second) if shot.second else None
    return LoadedShot(shot, store.local_path(shot.picture.blob), second)
