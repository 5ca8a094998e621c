"""Plan the timeline, and name the short."""

from fractions import Fraction

from slugify import slugify

from engines import timeline
from engines.script import scenes_of
from models.spec import ShortSpec
from models.timeline import Timeline
from tasks.caching import stable_hash
from tasks.retries import step

__all__ = ["plan_timeline", "scenes_of", "slug_of"]


@step(version=1, run_name="plan_timeline", exclude=("first_number",))
def plan_timeline(
    speech_ms: tuple[int, ...],
    footage_ms: tuple[int, ...],
    min_duration_ms: tuple[int, ...],
    transition_ms: tuple[int, ...],
    fps: Fraction,
    first_number: int,
) -> Timeline:
    """Return the frames that each scene owns, from each scene's needs in milliseconds (0: none).

    Raises SceneError for a scene that nothing gives a length.
    """
    needs = [
        timeline.SceneNeeds(speech_ms=speech, footage_ms=footage, min_duration_ms=least, transition_ms=transition)
        for speech, footage, least, transition in zip(
            speech_ms, footage_ms, min_duration_ms, transition_ms, strict=True
        )
    ]
    return timeline.plan_timeline(needs, fps=fps, first_number=first_number)


def slug_of(spec: ShortSpec, name: str | None) -> str:
    """Return the name of the short's folder: from `name`, else the title, else (nothing spellable) its hash."""
    return slugify(name or spec.title, max_length=80) or f"short-{stable_hash(name or spec.title)[:8]}"
