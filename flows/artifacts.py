"""What a person sees of a finished render in Prefect's UI."""

from collections.abc import Sequence

from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)

from models.credits import SceneCredit
from models.report import NarrationReport, PreviewReport, Publication, RenderReport, ServiceReport, StepFailure
from tasks.batch_report import harmless


def show_report(report: RenderReport, *, poster_url: str) -> None:
    """Attach the poster, the share link and a readable report to the flow run."""
    title = _escaped(report.title)
    create_image_artifact(poster_url, key="render-poster", description=title)
    create_link_artifact(
        report.publication.link, link_text=f"{report.slug}.mp4", key="render-video", description=_lasting(report)
    )
    create_markdown_artifact(report_markdown(report), key="render-report", description=title)


def show_preview(report: PreviewReport, *, picture_url: str) -> None:
    """Attach the contact sheet, or else the last frame, and links to all pictures to the flow run."""
    title = _escaped(report.title)
    create_image_artifact(picture_url, key="preview-picture", description=title)
    files = "\n".join(f"- {file.name}: {_code(file.uri)}" for file in report.publication.files)
    create_markdown_artifact(files, key="preview-files", description=title)


def show_failures(failures: Sequence[StepFailure]) -> None:
    """Attach a table of what went wrong to the flow run: which step of which scene, why, and whether it may pass."""
    rows = [harmless(failure.model_dump(mode="json")) for failure in failures]
    create_table_artifact(rows, key="render-failures", description="Why the render failed")


def report_markdown(report: RenderReport) -> str:
    """Return the report as Markdown."""
    video, mix = report.video, report.mix
    loudness = (
        "silent" if mix.integrated_lufs is None else f"{mix.integrated_lufs:.1f} LUFS, {mix.true_peak_dbtp:.1f} dBTP"
    )
    rows = [
        f"| {step.name} | {step.state} | {'' if step.seconds is None else f'{step.seconds:.2f}'} |"
        for step in report.steps
    ]
    return "\n".join(
        [
            f"# {_escaped(report.title)}",
            f"- Video: {video.width_px}x{video.height_px} at {video.fps} fps, {video.frame_count} frames, "
            f"{video.duration_ms / 1000:.2f} s, {video.blob.size / 1e6:.1f} MB",
            f"- Sound: {loudness}",
            *_speakers(report.narrations),
            f"- Took: {report.seconds:.1f} s, {sum(step.state == 'cached' for step in report.steps)} of "
            f"{len(report.steps)} steps from the cache",
            *(f"- {file.name}: {_code(file.uri)}" for file in report.publication.files),
            *([f"- Share link: {_proof(report.publication)}"] if report.publication.link_proved is not None else []),
            *(f"- {_escaped(note)}" for note in report.notes),
            "",
            "| step | state | seconds |",
            "|---|---|---|",
            *rows,
            *credits_table(report.credits),
            *_services_table(report.services),
        ]
    )


def _lasting(report: RenderReport) -> str:
    publication = report.publication
    expires = publication.link_expires
    lasting = f"Share link, until {expires:%Y-%m-%d %H:%M} UTC" if expires else "Share link"
    return f"{lasting}. {_proof(publication)}" if publication.link_proved is not None else lasting


def _proof(publication: Publication) -> str:
    return "It downloads the video" if publication.link_proved else f"Not proved: {_escaped(publication.link_problem)}"


def _speakers(narrations: Sequence[NarrationReport]) -> list[str]:
    """Return a line for each who spoke, with the scenes; who only stood in says for whom."""
    scenes: dict[tuple[str, str | None, str], list[str]] = {}
    for each in narrations:
        scenes.setdefault((each.speaker, each.stands_in_for, each.timing), []).append(str(each.scene))
    return [
        f"- Speech: {_escaped(speaker)}{f' for {_escaped(wanted)}, which was down' if wanted else ''}, "
        f"words timed: {timing}, scenes {', '.join(numbers)}"
        for (speaker, wanted, timing), numbers in scenes.items()
    ]


def credits_table(credits: Sequence[SceneCredit]) -> list[str]:
    """Return the lines of a table of whose the found and made pictures are; none for none."""
    if not credits:
        return []
    rows = [
        f"| {each.scene} | {_linked(each.visual, '')} | {_linked(f'{each.provider} {each.item_id}', each.page_url)} "
        f"| {_linked(each.author, each.author_url)} | {_linked(each.licence, each.licence_url)} |"
        for each in credits
    ]
    return ["", "| scene | visual | from | author | licence |", "|---|---|---|---|---|", *rows]


def _linked(text: str, url: str) -> str:
    """Return text in one line, as a link if its address can only be a web page."""
    text = " ".join(text.split())
    is_plain = url.startswith(("https://", "http://")) and not set(url) & set(' \t\n()<>|\\`"')
    return f"[{_escaped(text)}]({url})" if is_plain and text else _escaped(text)


def _services_table(services: Sequence[ServiceReport]) -> list[str]:
    if not services:
        return []
    rows = [
        f"| {_escaped(each.name)} | {each.calls} | {each.failures} | {each.refused} | {each.waited_s:.1f} "
        f"| {each.circuit} |"
        for each in services
    ]
    head = ["", "| outside service | calls | failures | refused | waited s | circuit |", "|---|---|---|---|---|---|"]
    return [*head, *rows]


def _code(text: str) -> str:
    """Return an address as code in one line, which it cannot end itself: a destination is the sender's choice."""
    line = " ".join(text.split()).replace("`", "'")
    return f"`{line}`"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-!|~" else char for char in text)
