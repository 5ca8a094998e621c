"""The `neuroshorts` command."""

import gc
import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engines.errors import ApiUnreachable, NeuroShortsError, RowsFailed, SpecInvalid
from models.voice import VoiceProvider

if TYPE_CHECKING:
    from collections.abc import Callable

    from blocks.store import ArtifactStore
    from models.report import PreviewReport, RenderReport
    from models.spec import ShortSpec

R = TypeVar("R")

EXIT_RENDER_FAILED = 1
EXIT_SPEC_WRONG = 2

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Render short videos from a spec.")
cache = typer.Typer(no_args_is_help=True, help="The files that this machine keeps of the artifact store.")
app.add_typer(cache, name="cache")
stdout = Console(soft_wrap=True)
stderr = Console(stderr=True, soft_wrap=True)


@app.command()
def render(
    spec: Annotated[str, typer.Argument(help="The spec, YAML or JSON; - reads standard input.")],
    output: Annotated[Path | None, typer.Option(help="Folder to write <slug>/ into.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the result's folder, in place of the title.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Render a short: video.mp4, poster.jpg, captions.srt, captions.vtt and report.json."""
    wanted = _read_spec(spec)
    with _told_errors():
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
    output: Annotated[Path | None, typer.Option(help="Folder to write <slug>-preview/ into.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the result's folder, in place of the title.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Make a small draft of a short in seconds, or show single frames without encoding any."""
    wanted, at_ms = _read_spec(spec), tuple(_time_ms(time) for time in frame or ())
    report: RenderReport | PreviewReport
    with _told_errors():
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
    source: Annotated[str, typer.Argument(help="Folder, glob, .csv or .jsonl file, or s3://bucket/prefix.")],
    output: Annotated[Path | None, typer.Option(help="Folder to write <batch>/ into.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the batch, in place of its source's.")] = None,
    at_once: Annotated[int, typer.Option(help="Most unfinished runs on the work pool.", min=1, max=200)] = 20,
    again: Annotated[bool, typer.Option("--again", help="Render finished rows, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Render every row that is not finished yet, on the work pool if workers are online, else here."""
    _choose_server()
    from blocks.destinations import read_text
    from flows.render_batch import render_batch

    wanted = source if "://" in source else str(Path(source).absolute())
    with _told_errors():
        try:
            with _progress_bar():
                report = render_batch(
                    wanted,
                    name=name,
                    destination=str(output.absolute()) if output else None,
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


@app.command()
def schema() -> None:
    """Print the JSON Schema of the spec."""
    from models.spec import ShortSpec

    stdout.out(json.dumps(ShortSpec.model_json_schema(), indent=2, ensure_ascii=False), highlight=False)


@app.command()
def voices(
    language: Annotated[str | None, typer.Option(help="Only voices of this language, such as en or pt-BR.")] = None,
    provider: Annotated[VoiceProvider, typer.Option(help="Whose voices.")] = VoiceProvider.ESPEAK,
    block: Annotated[str, typer.Option(help="Saved settings of the provider; empty for the block named default.")] = "",
) -> None:
    """List the voices that a spec can name."""
    from rich.table import Column, Table

    if provider is not VoiceProvider.ESPEAK or block:
        _choose_server()
    from blocks.voices import voice_block

    with _told_errors():
        found = voice_block(provider, block).voices(language)
    table = Table(
        "provider", Column("name", no_wrap=True), "language", "gender", "description", box=None, pad_edge=False
    )
    for voice in found:
        table.add_row(voice.provider, voice.name, voice.language, voice.gender, voice.description)
    stdout.print(table)


@app.command()
def music() -> None:
    """List the music library: every track, and the moods that a spec can ask for."""
    from rich.table import Column, Table

    from tasks.sound import libraries

    table = Table(Column("track", no_wrap=True), "moods", "author", "licence", box=None, pad_edge=False)
    with _told_errors():
        tracks = [track for library in libraries() for track in library]
    for track in tracks:
        table.add_row(track.address, ", ".join(track.moods), track.author, track.licence)
    stdout.print(table)


@app.command()
def platforms() -> None:
    """List the platforms whose limits a spec can ask to keep, by `export.platform`."""
    from rich.table import Column, Table

    from tasks.delivery import known_platforms

    name_column = Column("platform", no_wrap=True)
    others = ("shapes", "codecs", "longest", "largest", "bitrate", "checked")
    table = Table(name_column, *others, box=None, pad_edge=False)
    with _told_errors():
        known = known_platforms()
    for name, limits in known.items():
        table.add_row(
            name,
            ", ".join(limits.shapes),
            ", ".join(limits.codecs),
            f"{limits.longest_ms / 1000:g} s",
            f"{limits.most_bytes / 1e6:g} MB" if limits.most_bytes else "",
            f"{limits.most_kbps} kbit/s" if limits.most_kbps else "",
            str(limits.checked),
        )
    stdout.print(table)


@app.command()
def effects() -> None:
    """List motions, transitions and looks that a scene can name."""
    from rich.table import Column, Table

    from engines.visuals.catalogue import catalogue
    from engines.visuals.motion import MOTIONS
    from tasks.shots import find_own_effects

    table = Table("kind", Column("name", no_wrap=True), "does", box=None, pad_edge=False)
    for motion, summary in MOTIONS.items():
        table.add_row("motion", motion.value, summary)
    with _told_errors():
        find_own_effects()
        offered = catalogue()
    for effect in sorted(offered.values(), key=lambda effect: (effect.kind != "transition", effect.name)):
        table.add_row(effect.kind.value, effect.name, effect.summary)
    stdout.print(table)


@app.command()
def settings() -> None:
    """List the environment variables of an installation, the values that count here, and what they are for."""
    from rich.text import Text

    from blocks.settings import get_settings
    from blocks.settings_list import list_settings

    for setting in list_settings(get_settings()):
        stdout.print(Text(f"{setting.variable}={setting.value}", style="bold" if setting.is_set else ""))
        stdout.print(Text(f"    {setting.meaning}", style="dim"))


@app.command()
def doctor() -> None:
    """Check what a render needs on this machine, and say how to mend what is missing."""
    from tasks.doctor import check_all

    marks = {True: "[green]ok[/]  ", False: "[red]bad[/] "}
    findings = check_all()
    for finding in findings:
        stdout.print(f"{marks[finding.ok]} [bold]{finding.subject}[/]: {finding.detail}", highlight=False)
        if not finding.ok:
            stdout.print(f"     mend: {finding.mend}", highlight=False)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command()
def up(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Shorts rendered at once on this machine.")] = 2,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Of the local server; 4200 when free.")] = None,
    host: Annotated[
        str | None,
        typer.Option(help="Address the local server listens on; one that others reach, too, asks for a password."),
    ] = None,
) -> None:
    """Bring the whole system up: server, pool, limits, automations, deployments, workers. Again changes nothing."""
    from system.up import bring_up

    with _told_errors():
        system = bring_up(workers=workers, port=port, host=host, notify=stderr.print)
    for change in system.changes:
        stdout.print(f"[green]+[/] {change}", highlight=False)
    stdout.print(f"{len(system.workers)} workers are running. Open [bold]{system.ui_url}[/]", highlight=False)
    if system.password_file:
        stdout.print(f"User and password are in {system.password_file}", highlight=False, markup=False)


@app.command()
def deploy(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Shorts that all workers together render at once.")] = 2,
) -> None:
    """Create or correct pool, queues, limits, automations and deployments on the configured Prefect server."""
    _choose_server()
    from system.provision import provision

    with _told_errors():
        _, changes = provision(workers=workers)
    for change in changes:
        stdout.print(f"[green]+[/] {change}", highlight=False)


@app.command()
def recover() -> None:
    """After a restore, while no worker runs: hand back the runs that the server believes to be under way."""
    _choose_server()
    from system.recover import recover as hand_back

    with _told_errors():
        names = hand_back()
    for name in names:
        stdout.print(f"[green]+[/] {name} waits for a worker", highlight=False)
    stdout.print(f"{len(names)} runs were handed back.", highlight=False)


@app.command()
def copy_store(
    source: Annotated[str, typer.Argument(help="A folder, or an fsspec URL such as s3://bucket/store.")],
    target: Annotated[str, typer.Argument(help="The same; made when it is not there.")],
    verify: Annotated[bool, typer.Option("--verify", help="Read what the target has already, too.")] = False,
) -> None:
    """Copy what an artifact store has and another lacks: a backup, and the way back."""
    from blocks.settings import get_settings
    from blocks.store import ArtifactStore
    from blocks.store_copy import copy_store as copy

    cache = get_settings().cache_dir
    with _told_errors():
        stores = [ArtifactStore(url, cache_dir=cache) for url in (source, target)]
        report = copy(stores[0], stores[1], verify=verify)
    stdout.print(
        f"{report.copied_blobs} blobs ({report.copied_bytes / 1e6:.1f} MB) and {report.copied_records} records copied,"
        f" {report.kept_blobs} blobs were there",
        highlight=False,
    )


@cache.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Tell what the cache takes, and what of it running renders need."""
    from rich.filesize import decimal

    with _told_errors():
        store = _own_store()
        told = store.shelf.status(store.url)
    if as_json:
        stdout.out(told.model_dump_json(indent=2), highlight=False)
        return
    limit = "no limit" if told.max_bytes is None else f"limit {decimal(told.max_bytes)}"
    stdout.print(f"[bold]{told.folder}[/]" + ("" if told.store == told.folder else f", of {told.store}"))
    stdout.print(
        f"{told.files} files, {decimal(told.bytes)} ({limit}, {decimal(told.free_bytes)} free)", highlight=False
    )
    stdout.print(f"{told.held_files} files, {decimal(told.held_bytes)}, in use by running programs", highlight=False)
    stdout.print(f"{told.half_fetched_files} half fetched, {decimal(told.half_fetched_bytes)}", highlight=False)


@cache.command()
def prune(
    max_gib: Annotated[
        float | None, typer.Option(min=0, help="Size to keep; the cache's limit when not given.")
    ] = None,
    unused_days: Annotated[float | None, typer.Option(min=0, help="Also what was not used for so long.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was removed as JSON.")] = False,
) -> None:
    """Remove the files that were not used for longest; never what running renders need."""
    from rich.filesize import decimal

    with _told_errors():
        shelf = _own_store().shelf
        most = shelf.max_bytes if max_gib is None else int(max_gib * (1 << 30))
        unused_s = None if unused_days is None else unused_days * 24 * 3600
        gone = shelf.evict(max_bytes=most, unused_s=unused_s, dry_run=dry_run)
    if as_json:
        stdout.out(gone.model_dump_json(indent=2), highlight=False)
        return
    stdout.print(
        f"{gone.removed_files} files ({decimal(gone.removed_bytes)}) and {gone.removed_parts} half-fetched ones "
        f"{'would be ' if dry_run else ''}removed, {gone.kept_files} ({decimal(gone.kept_bytes)}) kept",
        highlight=False,
    )


@app.command()
def down() -> None:
    """End what `up` started, or the local server that `render` started."""
    from system.down import bring_down

    if not bring_down(notify=lambda message: stdout.print(message, highlight=False)):
        stdout.print("Nothing was running.")


@app.command()
def metrics(
    host: Annotated[str, typer.Option(help="Address to answer at.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="NEUROSHORTS_METRICS_PORT when not given.")] = None,
) -> None:
    """Export metrics to Prometheus at /metrics until told to end; `up` starts one."""
    _choose_server()
    from blocks.settings import get_settings
    from system.metrics import serve

    serve(host=host, port=port or get_settings().metrics_port)


def main() -> None:
    """Run the command line."""
    app()


def _read_spec(argument: str) -> "ShortSpec":
    from engines.specfile import load_spec

    try:
        if argument == "-":
            return load_spec(sys.stdin.read(), base_dir=Path.cwd())
        path = Path(argument)
        return load_spec(path.read_text(encoding="utf-8"), base_dir=path.absolute().parent)
    except SpecInvalid as error:
        stderr.print(str(error), style="red", markup=False, highlight=False)
    except (OSError, UnicodeDecodeError) as error:
        stderr.print(f"{argument}: {error}", style="red", markup=False, highlight=False)
    raise typer.Exit(EXIT_SPEC_WRONG)


def _own_store() -> "ArtifactStore":
    """Return the configured artifact store; one that a block names needs Prefect's API."""
    from blocks.settings import get_settings

    if get_settings().store.startswith("store://"):
        _choose_server()
    from blocks.store import open_store

    return open_store()


def _time_ms(text: str) -> int:
    from engines.clock import time_ms

    try:
        return time_ms(text)
    except ValueError as error:
        stderr.print(f"--frame: {error}", style="red", markup=False, highlight=False)
        raise typer.Exit(EXIT_SPEC_WRONG) from None


def _render(spec: "ShortSpec", *, output: Path | None, name: str | None) -> "RenderReport":
    def run() -> "RenderReport":
        from flows.render_short import render_short

        return render_short(spec, name=name, destination=_absolute(output))

    return _in_flow_run(run)


def _draft(spec: "ShortSpec", *, output: Path | None, name: str | None) -> "RenderReport":
    def run() -> "RenderReport":
        from flows.render_short import render_short
        from tasks.plan import slug_of
        from tasks.preview import SUFFIX, draft_of

        return render_short(draft_of(spec), name=slug_of(spec, name) + SUFFIX, destination=_absolute(output))

    return _in_flow_run(run)


def _frames(
    spec: "ShortSpec", at_ms: tuple[int, ...], *, contact_sheet: bool, output: Path | None, name: str | None
) -> "PreviewReport":
    def run() -> "PreviewReport":
        from flows.preview_frames import preview_frames

        return preview_frames(spec, at_ms, contact_sheet=contact_sheet, name=name, destination=_absolute(output))

    return _in_flow_run(run)


def _absolute(output: Path | None) -> str | None:
    return str(output.absolute()) if output else None


def _in_flow_run(run: "Callable[[], R]") -> "R":
    """Call what imports and runs a flow, with Prefect's settings made up before and progress shown."""
    _choose_server()
    # No sum here is worth a thread of the linear algebra library, and each of those spins for a while when it starts.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if "NEUROSHORTS_LOG_DIR" in os.environ:
        os.environ.setdefault("PREFECT_LOGGING_SETTINGS_PATH", str(Path(__file__).parent / "blocks" / "logging.yml"))
    gc.disable()  # an eighth of the time of these imports goes into looking for garbage among what is all kept
    from httpx import TransportError

    from blocks.heartbeat import no_heartbeat
    from blocks.server_choice import configured_api_url
    from flows import render_short  # noqa: F401  whatever flow it is, what it needs is what this one does

    gc.freeze()
    gc.enable()
    try:
        with _progress_bar(), no_heartbeat():
            return run()
    except TransportError as error:  # a step's own network faults have other names
        raise ApiUnreachable(url=configured_api_url(), reason=str(error)) from error


def _choose_server() -> None:
    """Use the Prefect API that the user configured, else a local one; Prefect reads its settings when imported."""
    from blocks.local_server import client_environment, ensure_server
    from blocks.server_choice import configured_api_url

    if configured_api_url() is None:
        os.environ.update(client_environment(ensure_server(notify=stderr.print)))
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


@contextmanager
def _progress_bar() -> Generator[None]:
    """Show finished steps on a terminal; elsewhere, nothing."""
    from flows import progress

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        token = progress.listener.set(
            lambda done, total, step: bar.update(task, completed=done, total=total, description=step.split(":")[0])
        )
        try:
            yield
        finally:
            progress.listener.reset(token)


@contextmanager
def _told_errors() -> Generator[None]:
    """Turn a failure that we know into its message and exit code."""
    try:
        yield
    except NeuroShortsError as error:
        stderr.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(EXIT_RENDER_FAILED) from error


if __name__ == "__main__":
    main()
