"""What the steps of speech are given, and who spoke in the end: pure functions from the spec and earlier results."""

from collections.abc import Mapping, Sequence
from typing import Any

from engines.branding import first_number, numbers_of
from models.report import NarrationReport
from models.scene import Scene
from models.spec import ShortSpec
from models.timeline import RECORDING, Narration, Narrations
from tasks.retries import Inputs


def count_steps(spec: ShortSpec, scenes: Sequence[Scene]) -> int:
    """Return how many steps make the speech."""
    return sum(_has_own_speech(spec, scene) for scene in scenes) + bool(spec.voice_over)


def for_speech(spec: ShortSpec, scenes: Sequence[Scene], fetching: Mapping[str, Any]) -> dict[int, Inputs]:
    """Return the inputs of `synthesize_narration` by scene, silent ones left out; a recording may be on its way."""
    numbers = numbers_of(scenes)
    return {
        index: {
            "text": scene.narration,
            "voice": spec.voice,
            "language": spec.language,
            "recording": fetching[scene.voice_over] if scene.voice_over else None,
            "number": numbers[index],
            "total": numbers[-1],
        }
        for index, scene in enumerate(scenes)
        if _has_own_speech(spec, scene)
    }


def for_voice_over(spec: ShortSpec, scenes: Sequence[Scene], fetching: Mapping[str, Any]) -> dict[str, Inputs]:
    """Return the inputs of `split_voice_over` by recording (one or none), which may be on its way."""
    if spec.voice_over is None:
        return {}
    said = tuple(index for index, scene in enumerate(scenes) if scene.narration.strip() and not scene.voice_over)
    return {
        spec.voice_over: {
            "recording": fetching[spec.voice_over],
            "texts": tuple(scenes[index].narration for index in said),
            "scenes": said,
            "language": spec.language,
        }
    }


def by_scene(spoken: Mapping[int, Narration], split: Mapping[str, Narrations]) -> dict[int, Narration]:
    """Return the narration of every scene that has one, in order."""
    parts = {
        index: narration
        for recording in split.values()
        for index, narration in enumerate(recording.scenes)
        if narration is not None
    }
    return dict(sorted((parts | dict(spoken)).items()))


def who_spoke(spec: ShortSpec, narrations: Mapping[int, Narration]) -> tuple[NarrationReport, ...]:
    """Return a line for each scene that is spoken."""
    return tuple(
        NarrationReport.model_validate(
            {
                "scene": index + first_number(spec),
                "speaker": narration.speaker,
                "timing": narration.timing,
                "stands_in_for": None if narration.speaker in (RECORDING, spec.voice.label) else spec.voice.label,
            }
        )
        for index, narration in narrations.items()
    )


def _has_own_speech(spec: ShortSpec, scene: Scene) -> bool:
    return bool(scene.voice_over or (scene.narration.strip() and not spec.voice_over))
