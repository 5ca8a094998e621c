"""Look at single frames of a short before it is rendered; what they share with the render stays cached."""

import time
from collections.abc import Sequence
from typing import Annotated

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from blocks.settings import get_settings
from flows.artifacts import show_preview
from flows.material import Job, Material, gather
from flows.steps import Steps, results
from models.report import NamedBlob, PreviewReport
from models.soundtrack import Music
from models.spec import ShortSpec
from tasks import preview
from tasks.cut_inputs import for_burn
from tasks.frames import draw_frame, make_contact_sheet
from tasks.plan import slug_of
from tasks.publish import Goal, poster_preview, publish, replacing_itself


@flow(
    name="preview-frames",
    flow_run_name="{spec.title}",
    task_runner=ThreadPoolTaskRunner(max_workers=get_settings().scene_workers),  # type: ignore[arg-type]
)
def preview_frames(
    spec: ShortSpec,
    at_ms: Annotated[tuple[int, ...], Field(max_length=100)] = (),
    contact_sheet: bool = False,
    name: str | None = "",
    destination: str | None = "",
) -> PreviewReport:
    """Make pictures of exact frames, captions and transitions included, without encoding a video.

    Args:
        spec: What would be rendered
        at_ms: Times of single frames, in ms
        contact_sheet: Frames of every scene in one picture; made without times, too
        name: Of the result's folder, before "-preview"; empty for the title
        destination: Folder or URL to publish to; empty for the spec's or the installation's
    """
    started, slug = time.monotonic(), slug_of(spec, name)
    goal = Goal.of(replacing_itself(spec), slug + preview.SUFFIX, destination)
    job = Job.of(spec.model_copy(update={"variants": (), "music": Music()}), slug)

    with Steps(total=job.step_count) as steps:
        made = gather(steps, job)
        steps.wait(made.composing)
        pictures = _pictures(steps, job, made, at_ms=at_ms, contact_sheet=contact_sheet)
        publication = steps.run(publish, **goal.inputs(pictures))
        steps.settle()
    report = PreviewReport(
        title=spec.title,
        publication=publication,
        steps=steps.report(),
        services=steps.services(),
        seconds=time.monotonic() - started,
    )
    show_preview(report, picture_url=poster_preview(pictures[-1].blob))
    return report


def _pictures(
    steps: Steps, job: Job, made: Material, *, at_ms: Sequence[int], contact_sheet: bool
) -> tuple[NamedBlob, ...]:
    """Draw the frames that were asked for, and the contact sheet last if it was, or if no frame was."""
    timeline = made.timeline
    burns = for_burn(job.cuts, job.scenes, results(made.composing), made.narrations, made.drawn, timeline)
    moments = preview.moments(at_ms, timeline)
    overview = preview.overview(timeline) if contact_sheet or not moments else ()
    frames = steps.make_all(draw_frame, preview.for_frames(job.cuts, burns, [*moments.values(), *overview]))
    pictures = [NamedBlob(name=preview.file_name(at), blob=frames[place]) for at, place in moments.items()]
    if overview:
        sheet = steps.run(make_contact_sheet, **preview.for_sheet(overview, frames, timeline, job.scenes))
        pictures.append(NamedBlob(name="contact-sheet.png", blob=sheet))
    return tuple(pictures)
