"""What a render tells of itself when it is done."""

import time
from collections.abc import Mapping

from prefect import runtime

from flows.steps import Steps
from models.credits import SceneCredit
from models.report import Master, Publication, RenderReport, VariantReport, Video
from models.spec import ShortSpec
from models.timeline import Narration
from tasks.cut_inputs import FileKey, videos_of
from tasks.cuts import Cuts
from tasks.voice_inputs import who_spoke


def report_of(  # noqa: PLR0913
    spec: ShortSpec,
    slug: str,
    cuts: Cuts,
    *,
    narrations: Mapping[int, Narration],
    videos: Mapping[FileKey, Video],
    published: Mapping[str, Publication],
    master: Master,
    credits: tuple[SceneCredit, ...],
    steps: Steps,
    started_s: float,
) -> RenderReport:
    """Return the report of a render whose files are published."""
    main, *variants = (
        VariantReport(name=name, videos=videos_of(videos, name), publication=published[name]) for name in cuts
    )
    return RenderReport(
        title=spec.title,
        slug=slug,
        run_id=runtime.flow_run.id,
        video=main.videos[0],
        videos=main.videos,
        variants=tuple(variants),
        mix=master.mix,
        publication=main.publication,
        credits=credits,
        steps=steps.report(),
        services=steps.services(),
        narrations=who_spoke(spec, narrations),
        seconds=time.monotonic() - started_s,
    )
