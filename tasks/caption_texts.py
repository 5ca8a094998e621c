"""What each scene's captions say where that is not its narration. Pure."""

from collections.abc import Sequence

from engines.branding import numbers_of
from engines.subtitles.own_text import caption_text
from models.scene import Scene
from models.spec import ShortSpec


def caption_texts(spec: ShortSpec, scenes: Sequence[Scene]) -> tuple[str | None, ...]:
    """Return the text of each scene's captions, None for what its narration says, and none at all beside own cues.

    Raises SceneError where a translation is missing.
    """
    if spec.captions.source:
        return (None,) * len(scenes)
    return tuple(
        caption_text(scene, number=number, spoken_language=spec.language, language=spec.captions.language)
        for number, scene in zip(numbers_of(scenes), scenes, strict=True)
    )
