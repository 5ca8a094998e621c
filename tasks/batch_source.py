"""A batch's source as rows: parsed, named apart, and keyed by what they say."""

from collections.abc import Generator, Iterable
from pathlib import Path, PurePosixPath

from slugify import slugify

from blocks.batch_files import base_of, is_spec, list_files, read_file
from blocks.local_file import LocalFile
from blocks.settings import Settings, get_settings
from blocks.sources import locate
from engines.branding import with_cards
from engines.csv_rows import parse_csv
from engines.errors import BatchInvalid, DownloadFailed, NeuroShortsError, UserError
from engines.rows import parse_json_lines, parse_spec_file
from engines.script import scenes_of
from engines.specfile import MOST_BYTES
from models.batch import ParsedRow, Row, RowState, RowStatus
from models.spec import ShortSpec
from tasks.brand import branded
from tasks.caching import stable_hash
from tasks.inputs import needed_sources
from tasks.plan import slug_of
from tasks.publish import folder_of, replacing_itself, with_date

MOST_ROWS = 10_000
_MOST_FILE_BYTES = 64_000_000
_CSV_SUFFIXES = frozenset({".csv", ".tsv"})
_LINES_SUFFIXES = frozenset({".jsonl", ".ndjson"})


def read_rows(source: str) -> list[ParsedRow]:
    """Return every row that `source` holds, in order; a row that cannot be read is told in its `problems`.

    Raises BatchInvalid, SourceNotFound, SourceRefused, SourceTooLarge, DownloadFailed for the source as a whole.
    """
    settings = get_settings()
    files = list_files(source, settings)
    rows = [row for file in files for row in _rows_of(file, settings, is_alone=len(files) == 1)]
    if len(rows) > MOST_ROWS:
        raise BatchInvalid(source=source, reason=f"holds {len(rows):,} rows, more than the {MOST_ROWS:,} of one batch")
    return rows


def batch_name(source: str, name: str | None) -> str:
    """Return the name of the batch's folder: from `name`, else from the last part of its source without wildcards."""
    parts = [part for part in PurePosixPath(source).parts if not any(character in part for character in "*?[")]
    last = PurePosixPath(parts[-1]) if parts else PurePosixPath("batch")
    stem = last.stem if last.suffix in _CSV_SUFFIXES | _LINES_SUFFIXES or is_spec(str(last)) else last.name
    return slugify(name or stem, max_length=80) or f"batch-{stable_hash(name or source)[:8]}"


def batch_folder(destination: str | None, name: str) -> str:
    """Return where the batch's reports go, absolute, for the rows may be rendered in another working directory."""
    chosen = folder_of(destination, name)
    return chosen if "://" in chosen else str(Path(chosen).expanduser().absolute())


def settle_rows(parsed: Iterable[ParsedRow], *, folder: str) -> tuple[dict[int, Row], dict[int, RowStatus]]:
    """Return the rows to render by their number, and the status of every row, in order.

    Two rows never share a result's folder: equal ones are rendered once, and of titles that are alike the later ones
    get the hash of their content behind their name.
    """
    rows: dict[int, Row] = {}
    statuses: dict[int, RowStatus] = {}
    taken: dict[str, Row] = {}
    for number, entry in enumerate(parsed, start=1):
        if entry.spec is None:
            statuses[number] = _invalid(number, entry, entry.problems)
            continue
        row = _row(number, entry, entry.spec, folder=folder, taken=taken)
        other = taken.setdefault(folder_of(row.destination, row.name), row)
        status = RowStatus(number=number, name=row.name, origin=entry.origin, state=RowState.WAITING)
        if other is row:
            rows[number] = row
        elif other.key == row.key:
            status = status.model_copy(update={"state": RowState.DUPLICATE, "error": f"the same as row {other.number}"})
        else:
            status = _invalid(number, entry, (f"name: {row.name!r} is the name of row {other.number} already",))
        statuses[number] = status
    return rows, statuses


def _rows_of(address: str, settings: Settings, *, is_alone: bool) -> list[ParsedRow]:
    """Return a file's rows. In a batch of many files, one that cannot be read is a bad row and no more."""
    suffix, name = PurePosixPath(address).suffix.lower(), PurePosixPath(address).name
    is_lines = suffix in _LINES_SUFFIXES | _CSV_SUFFIXES
    try:
        if not (is_lines or is_spec(address)):
            raise BatchInvalid(source=address, reason="should be .csv, .tsv, .jsonl, .ndjson, .yaml, .yml or .json")
        content = read_file(address, settings, most_bytes=_MOST_FILE_BYTES if is_lines else MOST_BYTES)
        if suffix in _CSV_SUFFIXES:
            return parse_csv(content, origin=name, base=base_of(address))
    except (UserError, DownloadFailed) as error:
        if is_alone:
            raise
        return [ParsedRow(origin=name, name=PurePosixPath(address).stem, problems=(str(error),))]
    if suffix in _LINES_SUFFIXES:
        return parse_json_lines(content, origin=name, base=base_of(address))
    return [parse_spec_file(content, origin=name, name=PurePosixPath(address).stem, base=base_of(address))]


def _row(number: int, entry: ParsedRow, spec: ShortSpec, *, folder: str, taken: dict[str, Row]) -> Row:
    destination = with_date(spec.destination or folder)
    laid = _branded(spec)
    said = [laid.model_dump(mode="json", exclude_defaults=True), destination, sorted(_versions(laid))]
    name = slug_of(spec, entry.name)
    other = taken.get(folder_of(destination, name))
    key = stable_hash(["batch row", name, said])
    if other is not None and other.key != key and entry.name is None:
        name = f"{name[:70]}-{stable_hash(said)[:8]}"
        key = stable_hash(["batch row", name, said])
    return Row(number=number, name=name, destination=destination, key=key, spec=replacing_itself(spec))


def _branded(spec: ShortSpec) -> ShortSpec:
    """Return the spec with its brand kit under it, so that a row whose kit changed is rendered again."""
    try:
        return branded(spec)
    except UserError:
        return spec  # the render says what is wrong with the kit


def _versions(spec: ShortSpec) -> Generator[tuple[str, str]]:
    """Yield the versions of local sources, so that a row whose picture changed is rendered again."""
    for uri in needed_sources(spec, with_cards(scenes_of(spec), spec)):
        try:
            if not uri.startswith("color:") and isinstance(file := locate(uri, get_settings()), LocalFile):
                yield uri, file.version()
        except NeuroShortsError:
            continue  # the render says what is wrong with it, or finds it on the worker's machine


def _invalid(number: int, entry: ParsedRow, problems: tuple[str, ...]) -> RowStatus:
    name = entry.name or f"row-{number}"
    return RowStatus(number=number, name=name, origin=entry.origin, state=RowState.INVALID, error="\n".join(problems))
