"""Render a short: from a spec to a published video."""

import time
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from blocks.memory import return_pictures
from blocks.settings import get_settings
from flows.artifacts import show_report
from flows.burning import burn_scenes
from flows.callbacks import failure_told, success_told
from flows.material import Job, Material, gather
from flows.report import Made, report_of
from flows.steps import Steps, results
from models.artifacts import ArtifactRef
from models.report import Master, RenderReport
from models.shots import EncodedScene
from models.spec import ShortSpec
from tasks import cut_inputs, inputs
from tasks.assemble import assemble_video, make_poster
from tasks.cut_inputs import SegmentKey
from tasks.cuts import MAIN, Cuts, needs_lossless
from tasks.delivery import check_sizes, master_target, within_limits
from tasks.export import encode_audio, join_captions
from tasks.mix import mix_audio
from tasks.plan import slug_of
from tasks.publish import Goal, poster_preview, publish, surely_made, write_report


@flow(
    name="render-short",
    flow_run_name="{spec.title}",
    task_runner=ThreadPoolTaskRunner(max_workers=get_settings().scene_workers),  # type: ignore[arg-type]
)
def render_short(
    spec: ShortSpec,
    name: str | None = "",
    destination: str | None = "",
) -> RenderReport:
    """Render one short and publish it. Steps are cached by their inputs: run again, it does only what changed.

    Args:
        spec: What to render
        name: Of the result's folder; empty for the title
        destination: Folder or URL to publish to; empty for the spec's or the installation's
    """
    started, slug = time.monotonic(), slug_of(spec, name)
    return_pictures()
    with failure_told(spec, slug):
        goal = Goal.of(spec, slug, destination, files=surely_made(spec))
        job = Job.of(spec, slug)

    with failure_told(job.spec, slug):
        with Steps(total=job.step_count) as steps:
            material = gather(steps, job)
            cuts = within_limits(job.cuts, material.timeline)
            encoded = _encode(steps, job, cuts, material)
            made = _deliver(steps, cuts, material, encoded, goal)
        report = report_of(job, made, steps, started_s=started)
        write_report(report, folder=goal.folder)
        show_report(report, poster_url=poster_preview(encoded.posters[MAIN]))
    return success_told(job.spec, report)


class Encoded(NamedTuple):
    """The sound, the scenes and the posters of a short, each finished by itself."""

    master: Master
    scenes: Mapping[SegmentKey, EncodedScene]
    posters: Mapping[str, ArtifactRef]


def _encode(steps: Steps, job: Job, cuts: Cuts, material: Material) -> Encoded:
    spec, scenes, timeline = job.spec, job.scenes, material.timeline
    heard = material.narrations, material.tuning, material.effects
    sound = inputs.for_mix(spec, scenes, *heard, timeline, master_target(spec))
    mix = partial(steps.submit, mix_audio, **sound, lossless=needs_lossless(cuts))
    mixing = mix() if inputs.outlasts_a_scene(timeline) else None
    burning, shots = burn_scenes(steps, cuts, scenes, material)
    mixing = mixing or mix()  # a short one fills the cores that the last encodes leave idle
    posing = steps.fan_out(make_poster, cut_inputs.for_poster(cuts, scenes, shots, timeline))
    steps.settle()
    return Encoded(mixing.result(), results(burning), results(posing))


def _deliver(steps: Steps, cuts: Cuts, material: Material, encoded: Encoded, goal: Goal) -> Made:
    """Join what was encoded to files, and publish them with all that lies beside them."""
    master, captions, timeline = encoded.master, material.captions, material.timeline
    sounds = steps.make_all(encode_audio, cut_inputs.for_audio(cuts, master))
    scripts = steps.make_all(join_captions, cut_inputs.for_scripts(cuts, captions, timeline))
    videos = steps.make_all(assemble_video, cut_inputs.for_assembly(cuts, encoded.scenes, master, sounds))
    notes = check_sizes(cuts, videos)
    sidecars = cut_inputs.sidecars_of(cuts, captions, scripts, sounds)
    published = steps.make_all(publish, cut_inputs.for_publish(cuts, videos, encoded.posters, sidecars, goal))
    steps.settle()
    return Made(material.narrations, videos, published, master, sounds, material.credits, notes)
