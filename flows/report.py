"""What a render tells of itself when it is done."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from prefect import runtime

from flows.material import Job
from flows.steps import Steps
from models.credits import SceneCredit
from models.export import AudioFormat
from models.report import Master, Publication, RenderReport, Sound, VariantReport, Video
from models.timeline import Narration
from tasks.cut_inputs import FileKey, videos_of
from tasks.sound import music_credit
from tasks.voice_inputs import who_spoke


class Made(NamedTuple):
    """What a render's steps made."""

    narrations: Mapping[int, Narration]
    videos: Mapping[FileKey, Video]
    published: Mapping[str, Publication]
    master: Master
    sounds: Mapping[AudioFormat, Sound]
    credits: tuple[SceneCredit, ...]
    notes: tuple[str, ...]


def report_of(job: Job, made: Made, steps: Steps, *, started_s: float) -> RenderReport:
    """Return the report of a render whose files are published."""
    main, *variants = (
        VariantReport(name=name, videos=videos_of(made.videos, name), publication=made.published[name])
        for name in job.cuts
    )
    return RenderReport(
        title=job.spec.title,
        slug=job.slug,
        run_id=runtime.flow_run.id,
        video=main.videos[0],
        videos=main.videos,
        variants=tuple(variants),
        sounds=tuple(made.sounds.values()),
        mix=made.master.mix,
        music=music_credit(job.spec),
        publication=main.publication,
        credits=made.credits,
        notes=(*job.notes, *made.notes),
        steps=steps.report(),
        services=steps.services(),
        narrations=who_spoke(job.spec, made.narrations),
        seconds=time.monotonic() - started_s,
    )
