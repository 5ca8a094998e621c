"""The commands about the artifact store and this machine's cache of it."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import stdout, told_errors
from cli.running import choose_server

if TYPE_CHECKING:
    from blocks.store import ArtifactStore

_DAY_S = 24 * 3600.0

app = typer.Typer()
cache_app = typer.Typer(no_args_is_help=True, help="The files that this machine keeps of the artifact store.")
app.add_typer(cache_app, name="cache")


@app.command()
def copy_store(
    source: Annotated[str, typer.Argument(help="A folder, s3://bucket/store or store://NAME/store.")],
    target: Annotated[str, typer.Argument(help="The same; made when it is not there.")],
    verify: Annotated[bool, typer.Option("--verify", help="Read what the target has already, too.")] = False,
) -> None:
    """Copy what an artifact store has and another lacks: a backup, and the way back."""
    from blocks.settings import get_settings

    if any(url.startswith("store://") for url in (source, target)):
        choose_server()
    from blocks.store import ArtifactStore
    from blocks.store_copy import copy_store as copy

    cache = get_settings().cache_dir
    with told_errors():
        stores = [ArtifactStore(url, cache_dir=cache) for url in (source, target)]
        report = copy(stores[0], stores[1], verify=verify)
    stdout.print(
        f"{report.copied_blobs} blobs ({report.copied_bytes / 1e6:.1f} MB) and {report.copied_records} records copied,"
        f" {report.kept_blobs} blobs were there",
        highlight=False,
    )


@cache_app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Tell what the cache takes, and what of it running renders need."""
    with told_errors():
        store = _own_store()
        told = store.shelf.status(store.url)
    if as_json:
        stdout.out(told.model_dump_json(indent=2), highlight=False)
        return
    limit = "no limit" if told.max_bytes is None else f"of at most {_size(told.max_bytes)}"
    of_store = "" if told.store == told.folder else f", copies of {told.store}"
    lines = [
        told.folder + of_store,
        f"{_files(told.files)}, {_size(told.bytes)} {limit}; {_size(told.free_bytes)} free on the disk",
        f"{_files(told.held_files)}, {_size(told.held_bytes)}, in use by running programs",
        f"{_files(told.half_fetched_files)}, {_size(told.half_fetched_bytes)}, half fetched",
    ]
    if told.oldest_use_s is not None:
        lines.append(f"longest unused: {(time.time() - told.oldest_use_s) / _DAY_S:.1f} days")
    stdout.print("\n".join(lines), markup=False, highlight=False)


@cache_app.command()
def prune(
    max_gib: Annotated[
        float | None, typer.Option(min=0, help="Size to keep; the cache's limit when not given.")
    ] = None,
    unused_days: Annotated[float | None, typer.Option(min=0, help="Also what was not used for so long.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was removed as JSON.")] = False,
) -> None:
    """Remove the files that were not used for longest; never what running renders need."""
    with told_errors():
        shelf = _own_store().shelf
        most = shelf.max_bytes if max_gib is None else int(max_gib * (1 << 30))
        unused_s = None if unused_days is None else unused_days * 24 * 3600
        gone = shelf.evict(max_bytes=most, unused_s=unused_s, dry_run=dry_run)
    if as_json:
        stdout.out(gone.model_dump_json(indent=2), highlight=False)
        return
    removed = f"{_files(gone.removed_files)} ({_size(gone.removed_bytes)})"
    if gone.removed_parts:
        removed += f" and {_files(gone.removed_parts)} half fetched"
    verb = "would be removed" if dry_run else "removed"
    kept = f"{_files(gone.kept_files)} ({_size(gone.kept_bytes)}) kept"
    stdout.print(f"{removed} {verb}, {kept}", highlight=False)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _size(count: int) -> str:
    """Return a number of bytes in the units of the settings."""
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >= 1 << power:
            return f"{count / (1 << power):.1f} {unit}"
    return f"{count} B"


def _own_store() -> "ArtifactStore":
    """Return the configured artifact store; one that a block names needs Prefect's API."""
    from blocks.settings import get_settings

    if get_settings().store.startswith("store://"):
        choose_server()
    from blocks.store import open_store

    return open_store()
