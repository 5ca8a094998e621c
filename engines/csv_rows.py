"""Read the rows of a batch from CSV, whose columns name the spec's fields: `voice.name`, `scenes.0.narration`."""

import csv
import io
from collections.abc import Generator
from pathlib import Path
from typing import Any

from engines.errors import BatchInvalid, SpecInvalid
from engines.rows import checked_text, decode, parse_json, row_of
from engines.specfile import MOST_BYTES
from models.batch import ParsedRow
from models.spec import ShortSpec

_DELIMITERS = ",;\t"
_NESTED = frozenset({"voice", "music", "captions", "canvas", "scenes", "visuals"}) & ShortSpec.model_fields.keys()
_LISTS = frozenset({"scenes", "visuals"})
_INDEXES = frozenset(str(number) for number in range(200))  # as many as a spec may have scenes

Column = tuple[str, ...]


def parse_csv(content: bytes, *, origin: str, base: Path | str) -> list[ParsedRow]:
    """Return one row per record below the header, which empty cells leave to the spec's defaults.

    Comma, semicolon or tab, whichever the header uses. A cell of a whole mapping or list (`scenes`) holds JSON.
    Raises BatchInvalid when the header cannot be used; a record that cannot spoils only itself.
    """
    text = decode(content)
    csv.field_size_limit(MOST_BYTES + 1)
    header_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=header_line.count)
    records = _records(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    _, header = next(records, (0, []))
    columns = _columns(header, origin)
    return [_row(columns, cells, origin=f"{origin}, line {line}", base=base) for line, cells in records]


def _records(reader: Any) -> Generator[tuple[int, list[str] | SpecInvalid]]:
    """Yield each record with the line that it starts on; one that cannot be read as its error."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, SpecInvalid(problems=(f"not readable as CSV: {error}",))
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _columns(header: list[str] | SpecInvalid, origin: str) -> list[Column]:
    if isinstance(header, SpecInvalid):
        raise BatchInvalid(source=origin, reason=f"its header is {header.problems[0]}")
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()  # spreadsheets leave empty columns at the end
    if not names:
        raise BatchInvalid(source=origin, reason="has no header: its first line should name the spec's fields")
    for name in names:
        if not all(name.split(".")):
            raise BatchInvalid(source=origin, reason=f"column {name!r} of its header names no field")
        if names.count(name) > 1:
            raise BatchInvalid(source=origin, reason=f"column {name!r} stands twice in its header")
    return [tuple(name.split(".")) for name in names]


def _row(columns: list[Column], cells: list[str] | SpecInvalid, *, origin: str, base: Path | str) -> ParsedRow:
    try:
        if isinstance(cells, SpecInvalid):
            raise cells
        fields = _fields(columns, [checked_text(cell).strip() for cell in cells])
    except SpecInvalid as error:
        return ParsedRow(origin=origin, problems=error.problems)
    return row_of(fields, origin=origin, base=base)


def _fields(columns: list[Column], cells: list[str]) -> dict[str, Any]:
    """Return the nested fields that the cells give. Raises SpecInvalid with every cell that has no place."""
    if len(cells) < len(columns) or any(cells[len(columns) :]):
        raise SpecInvalid(problems=(f"has {len(cells)} cells, but the header has {len(columns)} columns",))
    fields: dict[str, Any] = {}
    problems: list[str] = []
    for path, cell in zip(columns, cells, strict=False):
        if cell:
            try:
                _place(fields, path, cell)
            except SpecInvalid as error:
                problems += [f"{'.'.join(path)}: {problem}" for problem in error.problems]
    for name in _LISTS & fields.keys():
        if isinstance(fields[name], dict):
            fields[name], wrong = _as_list(name, fields[name])
            problems += wrong
    if problems:
        raise SpecInvalid(problems=tuple(problems))
    return fields


def _place(fields: dict[str, Any], path: Column, cell: str) -> None:
    value: object = parse_json(cell) if len(path) == 1 and path[0] in _NESTED else cell
    *parents, last = path
    target = fields
    for parent in parents:
        inner = target.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise SpecInvalid(problems=(f"another column gives {parent!r} already",))
        target = inner
    if last in target:
        raise SpecInvalid(problems=(f"another column gives {last!r} already",))
    target[last] = value


def _as_list(name: str, items: dict[str, Any]) -> tuple[list[Any], list[str]]:
    """Return the items of a list whose columns count from 0, and what is wrong with their numbers."""
    wrong = [f"{name}.{index}: should be {name}.0, {name}.1, …" for index in items if not _is_index(index)]
    numbers = sorted(int(index) for index in items if _is_index(index))
    if not wrong and numbers != list(range(len(numbers))):
        missing = next(number for number in range(len(numbers)) if number not in numbers)
        wrong = [f"{name}.{missing}: is empty, but {name}.{numbers[-1]} is not"]
    return [items[str(number)] for number in numbers], wrong


def _is_index(text: str) -> bool:
    return text in _INDEXES
