"""The commands that render: one short, a look at it before, or a batch."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import EXIT_SPEC_WRONG, stdout, tell_problem, told_errors
from cli.running import choose_server, in_flow_run, progress_bar
from engines.errors import RowsFailed, SpecInvalid
from models.destination import is_url

if TYPE_CHECKING:
    from models.report import PreviewReport, RenderReport
    from models.spec import ShortSpec

app = typer.Typer()
_ELSE = "else NEUROSHORTS_DESTINATION, else ./output"
_OR_SPEC = f"else the spec's destination, {_ELSE}"


@app.command()
def render(
    spec: Annotated[str, typer.Argument(help="The spec, YAML or JSON; - reads standard input.")],
    output: Annotated[str | None, typer.Option(help=f"Folder or URL to write <slug>/ into; {_OR_SPEC}.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the result's folder, in place of the title.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Render a short: video.mp4, poster.jpg, captions.srt, captions.vtt and report.json."""
    wanted = _read_spec(spec)
    with told_errors():
        report = _render(wanted, output=output, name=name)
    if as_json:
        stdout.out(report.model_dump_json(indent=2), highlight=False)
        return
    cached = sum(step.state == "cached" for step in report.steps)
    stdout.print(
        f"[bold]{report.publication.link}[/]\n"
        f"{report.video.duration_ms / 1000:.1f} s of video in {report.seconds:.1f} s"
        f" ({cached} of {len(report.steps)} steps from the cache)"
    )
    if report.publication.link_problem:
        problem = f"This link is not proved: {report.publication.link_problem}"
        stdout.print(problem, style="yellow", markup=False, highlight=False)
    for note in report.notes:
        stdout.print(note, style="yellow", markup=False, highlight=False)


@app.command()
def preview(
    spec: Annotated[str, typer.Argument(help="The spec, YAML or JSON; - reads standard input.")],
    frame: Annotated[
        list[str] | None,
        typer.Option(help="Only the frame at this time, such as 12.5s or 1:02.5, exact as PNG; repeat."),
    ] = None,
    contact_sheet: Annotated[
        bool, typer.Option("--contact-sheet", help="Only frames of every scene, in one PNG.")
    ] = False,
    output: Annotated[
        str | None, typer.Option(help=f"Folder or URL to write <slug>-preview/ into; {_OR_SPEC}.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the result's folder, in place of the title.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Make a small draft of a short in seconds, or show single frames without encoding any."""
    wanted, at_ms = _read_spec(spec), tuple(_time_ms(time) for time in frame or ())
    report: RenderReport | PreviewReport
    with told_errors():
        if at_ms or contact_sheet:
            report = _frames(wanted, at_ms, contact_sheet=contact_sheet, output=output, name=name)
        else:
            report = _draft(wanted, output=output, name=name)
    if as_json:
        stdout.out(report.model_dump_json(indent=2), highlight=False)
        return
    pictures = [file.uri for file in report.publication.files if file.name.endswith(".png")]
    for address in pictures or [report.publication.link]:
        stdout.print(f"[bold]{address}[/]")
    stdout.print(f"previewed in {report.seconds:.1f} s", highlight=False)


@app.command()
def batch(
    source: Annotated[str, typer.Argument(help="Folder, glob, .csv or .jsonl file, s3:// or store:// address.")],
    output: Annotated[str | None, typer.Option(help=f"Folder or URL to write <batch>/ into; {_ELSE}.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the batch, in place of its source's.")] = None,
    at_once: Annotated[int, typer.Option(help="Most unfinished runs on the work pool.", min=1, max=200)] = 20,
    again: Annotated[bool, typer.Option("--again", help="Render finished rows, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Render every row that is not finished yet, on the work pool if workers are online, else here."""
    choose_server()
    from blocks.destinations import read_text
    from flows.render_batch import render_batch

    wanted = source if "://" in source else str(Path(source).absolute())
    with told_errors():
        try:
            with progress_bar():
                report = render_batch(
                    wanted,
                    name=name,
                    destination=_absolute(output),
                    at_once=at_once,
                    again=again,
                )
        except RowsFailed as error:
            if as_json:
                folder, _, file = error.report.rpartition("/")
                stdout.out(read_text(folder=folder, name=file), highlight=False)
            raise
    if as_json:
        stdout.out(report.model_dump_json(indent=2), highlight=False)
        return
    counts = ", ".join(f"{count} {state}" for state, count in report.counts.items()) or "no rows"
    stdout.print(f"[bold]{report.folder}[/]\n{counts} in {report.seconds:.1f} s")


def _read_spec(argument: str) -> "ShortSpec":
    from engines.rows import checked_text, decode
    from engines.specfile import MOST_BYTES, load_spec

    try:
        if argument == "-":
            content, base_dir = sys.stdin.buffer.read(MOST_BYTES + 1), Path.cwd()
        else:
            path = Path(argument)
            base_dir = path.absolute().parent
            with path.open("rb") as reader:
                content = reader.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise SpecInvalid(problems=(f"the spec is larger than {MOST_BYTES:,} bytes",))
        return load_spec(checked_text(decode(content)), base_dir=base_dir)
    except SpecInvalid as error:
        tell_problem(str(_told_whole(error)))
    except IsADirectoryError:
        tell_problem(f"{argument}: is a folder; `neuroshorts batch {argument}` renders every spec in it")
    except OSError as error:
        tell_problem(f"{argument}: {error.strerror}")
    raise typer.Exit(EXIT_SPEC_WRONG)


def _told_whole(error: SpecInvalid) -> SpecInvalid:
    if error.sound is None:
        return error
    if error.sound.brand:
        with told_errors():
            choose_server()  # which may know the kit
    from tasks.names import told_whole  # it imports Prefect, which only a spec that can be looked into is worth

    return told_whole(error)


def _time_ms(text: str) -> int:
    from engines.clock import time_ms

    try:
        return time_ms(text)
    except ValueError as error:
        tell_problem(f"--frame: {error}")
        raise typer.Exit(EXIT_SPEC_WRONG) from None


def _render(spec: "ShortSpec", *, output: str | None, name: str | None) -> "RenderReport":
    def run() -> "RenderReport":
        from flows.render_short import render_short

        return render_short(spec, name=name, destination=_absolute(output))

    return in_flow_run(run)


def _draft(spec: "ShortSpec", *, output: str | None, name: str | None) -> "RenderReport":
    def run() -> "RenderReport":
        from flows.render_short import render_short
        from tasks.plan import slug_of
        from tasks.preview import SUFFIX, draft_of

        return render_short(draft_of(spec), name=slug_of(spec, name) + SUFFIX, destination=_absolute(output))

    return in_flow_run(run)


def _frames(
    spec: "ShortSpec", at_ms: tuple[int, ...], *, contact_sheet: bool, output: str | None, name: str | None
) -> "PreviewReport":
    def run() -> "PreviewReport":
        from flows.preview_frames import preview_frames

        return preview_frames(spec, at_ms, contact_sheet=contact_sheet, name=name, destination=_absolute(output))

    return in_flow_run(run)


def _absolute(output: str | None) -> str | None:
    """Return a folder as other processes find it, and a URL, which a path would spoil, as it is."""
    return output if not output or is_url(output) else str(Path(output).resolve())
