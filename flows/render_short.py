"""Render a short: from a spec to a published video."""

import time
from typing import Annotated

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from blocks.memory import return_pictures
from blocks.settings import get_settings
from flows.artifacts import show_report
from flows.callbacks import failure_told, success_told
from flows.pictures import PictureSteps
from flows.report import Made, report_of
from flows.steps import Steps, results
from models.base import BlankIsNone
from models.report import RenderReport
from models.spec import ShortSpec
from tasks import cut_inputs, inputs, voice_inputs
from tasks.assemble import assemble_video, make_poster
from tasks.brand import branded, with_cards
from tasks.burn import burn_subtitles
from tasks.captions import typeset_captions
from tasks.compose import compose_clip
from tasks.cuts import MAIN, cuts_of, sounds_of
from tasks.export import encode_audio, join_captions
from tasks.fetch import fetch_asset
from tasks.mix import mix_audio
from tasks.music import prepare_effect, prepare_music
from tasks.narrate import split_voice_over, synthesize_narration
from tasks.overlays import draw_overlays
from tasks.pictures import describe_pictures
from tasks.plan import plan_timeline, scenes_of, slug_of
from tasks.publish import folder_of, poster_preview, publish, write_report
from tasks.sound import with_sound


@flow(
    name="render-short",
    flow_run_name="{spec.title}",
    task_runner=ThreadPoolTaskRunner(max_workers=get_settings().scene_workers),  # type: ignore[arg-type]
)
def render_short(
    spec: ShortSpec,
    name: Annotated[str | None, BlankIsNone] = None,
    destination: Annotated[str | None, BlankIsNone] = None,
) -> RenderReport:
    """Render one short and publish it. Steps are cached by their inputs: run again, it does only what changed.

    Args:
        spec: What to render
        name: Of the result's folder; none for the title
        destination: Folder or URL to publish to; none for the spec's or the installation's
    """
    started = time.monotonic()
    return_pictures()
    slug = slug_of(spec, name)
    with failure_told(spec, slug):
        spec = with_sound(branded(spec))
    cuts = cuts_of(spec)
    folder = folder_of(destination or spec.destination or get_settings().destination, slug)
    pictures = describe_pictures(spec, scenes_of(spec), cuts)
    scenes = with_cards(pictures.scenes, spec)
    needed = inputs.needed_sources(spec, scenes)
    step_count = inputs.count_steps(spec, scenes, needed, cuts) + pictures.step_count

    with failure_told(spec, slug), Steps(total=step_count) as steps:
        fetching = steps.fan_out(fetch_asset, inputs.for_fetch(needed))
        sounding = steps.fan_out(prepare_effect, inputs.for_effects(needed, fetching))
        speaking = steps.fan_out(synthesize_narration, voice_inputs.for_speech(spec, scenes, fetching))
        splitting = steps.fan_out(split_voice_over, voice_inputs.for_voice_over(spec, scenes, fetching))
        seeking = PictureSteps(steps, pictures, slug=slug)
        fetching |= seeking.futures
        composing = steps.fan_out(compose_clip, cut_inputs.for_compose(cuts, scenes, fetching))
        steps.settle()
        sources, shots = results(fetching), results(composing)
        narrations = voice_inputs.by_scene(results(speaking), results(splitting))
        credits = seeking.keep(sources)

        tuning = steps.fan_out(prepare_music, inputs.for_music(spec, sources))
        timeline = steps.run(plan_timeline, **inputs.for_plan(spec, scenes, narrations, sources))
        mixing = steps.submit(
            mix_audio,
            **inputs.for_mix(spec, scenes, narrations, tuning, results(sounding), timeline),
            lossless=bool(sounds_of(cuts)),
        )
        captions = steps.make_all(typeset_captions, cut_inputs.for_captions(cuts, narrations, timeline))
        laying = cut_inputs.for_overlays(cuts, scenes, sources, captions, timeline)
        drawn = captions | steps.make_all(draw_overlays, laying)
        burning = steps.fan_out(
            burn_subtitles,
            cut_inputs.for_burn(cuts, scenes, shots, narrations, drawn, timeline),
            largest_first=inputs.frame_count,
        )
        posing = steps.fan_out(make_poster, cut_inputs.for_poster(cuts, scenes, shots, timeline))
        steps.settle()
        master, encoded, posters = mixing.result(), results(burning), results(posing)

        sounds = steps.make_all(encode_audio, cut_inputs.for_audio(cuts, master))
        scripts = steps.make_all(join_captions, cut_inputs.for_scripts(cuts, captions, timeline))
        videos = steps.make_all(assemble_video, cut_inputs.for_assembly(cuts, encoded, master, sounds))
        sidecars = cut_inputs.sidecars_of(cuts, captions, scripts, master, sounds)
        published = steps.make_all(publish, cut_inputs.for_publish(cuts, videos, posters, sidecars, folder))
        steps.settle()
    made = Made(narrations, videos, published, master, sounds, credits)
    report = report_of(spec, slug, cuts, made, steps, started_s=started)
    write_report(report, folder=folder)
    show_report(report, poster_url=poster_preview(posters[MAIN]))
    success_told(spec, report)
    return report
