"""From a spec to all that its frames and its sound are made of: fetched, spoken, composed, planned, typeset."""

from collections.abc import Mapping
from typing import NamedTuple, Self

from prefect.futures import PrefectFuture

from flows.pictures import PictureSteps
from flows.steps import Steps, results
from models.audio import PreparedEffect, PreparedTrack
from models.credits import SceneCredit
from models.media import Source
from models.report import CaptionSet
from models.scene import Scene
from models.shots import Shot
from models.spec import ShortSpec
from models.timeline import Narration, Timeline
from tasks import cut_inputs, inputs, voice_inputs
from tasks.brand import with_cards
from tasks.captions import check_captions, typeset_captions
from tasks.compose import compose_clip
from tasks.cut_inputs import CutKey
from tasks.cuts import Cuts, cuts_of
from tasks.delivery import on_hardware
from tasks.fetch import fetch_asset
from tasks.music import prepare_effect, prepare_music
from tasks.names import settled
from tasks.narrate import split_voice_over, synthesize_narration
from tasks.overlays import draw_overlays
from tasks.pictures import Pictures, describe_pictures
from tasks.plan import plan_timeline, scenes_of


class Job(NamedTuple):
    """A spec, and what follows from it before any step runs."""

    spec: ShortSpec
    slug: str
    cuts: Cuts
    pictures: Pictures
    scenes: tuple[Scene, ...]
    needed: Mapping[str, str]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, spec: ShortSpec, slug: str) -> Self:
        """Return the job of rendering a spec. Raises SpecInvalid, and SceneError for texts that cannot be shown."""
        spec = settled(spec)
        cuts, notes = on_hardware(cuts_of(spec))
        pictures = describe_pictures(spec, scenes_of(spec), cuts)
        scenes = with_cards(pictures.scenes, spec)
        check_captions(cuts, scenes)
        return cls(spec, slug, cuts, pictures, scenes, inputs.needed_sources(spec, scenes), notes)

    @property
    def step_count(self) -> int:
        """How many steps rendering it takes."""
        return inputs.count_steps(self.spec, self.scenes, self.needed, self.cuts) + self.pictures.step_count


class Material(NamedTuple):
    """What the first half of a render made."""

    sources: Mapping[str, Source]
    effects: Mapping[str, PreparedEffect]
    tuning: Mapping[str, PrefectFuture[PreparedTrack]]  # the music; it may be on its way
    narrations: Mapping[int, Narration]
    composing: Mapping[CutKey, PrefectFuture[Shot]]  # the shots; the last ones may be on their way
    timeline: Timeline
    captions: Mapping[str, CaptionSet]
    drawn: Mapping[str, CaptionSet]  # the captions, and the overlays beside them
    credits: tuple[SceneCredit, ...]


def gather(steps: Steps, job: Job) -> Material:
    """Run the first half of a render. Raises RenderFailed."""
    spec, slug, cuts, pictures, scenes, needed, _ = job
    fetching = steps.fan_out(fetch_asset, inputs.for_fetch(needed))
    sounding = steps.fan_out(prepare_effect, inputs.for_effects(needed, fetching))
    speaking = steps.fan_out(synthesize_narration, voice_inputs.for_speech(spec, scenes, fetching))
    splitting = steps.fan_out(split_voice_over, voice_inputs.for_voice_over(spec, scenes, fetching))
    seeking = PictureSteps(steps, pictures, slug=slug)
    fetching |= seeking.futures
    tuning = steps.fan_out(prepare_music, inputs.for_music(spec, fetching))  # the longest, so no core is left with it
    composing = steps.fan_out(compose_clip, cut_inputs.for_compose(cuts, scenes, fetching))
    steps.wait(fetching, sounding, speaking, splitting)
    sources, effects = results(fetching), results(sounding)
    effects |= steps.make_all(prepare_effect, inputs.for_card_sounds(scenes, sources), ahead=True)
    narrations = voice_inputs.by_scene(results(speaking), results(splitting))
    credits = seeking.keep(sources)

    timeline = steps.run(plan_timeline, ahead=True, **inputs.for_plan(spec, scenes, narrations, sources))
    setting = cut_inputs.for_captions(cuts, scenes, sources, narrations, timeline)
    captions = steps.make_all(typeset_captions, setting, ahead=True)
    laying = cut_inputs.for_overlays(cuts, scenes, sources, captions, timeline)
    drawn = captions | steps.make_all(draw_overlays, laying, ahead=True)
    return Material(sources, effects, tuning, narrations, composing, timeline, captions, drawn, credits)
