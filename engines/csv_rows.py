"""Read the rows of a batch from CSV, whose columns name the spec's fields: `voice.name`, `scenes.0.narration`."""

import csv
import io
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, get_args, get_origin

from engines.errors import BatchInvalid, SpecInvalid
from engines.rows import checked_text, decode, parse_json, row_of
from engines.specfile import MOST_BYTES
from models.base import Model
from models.batch import ParsedRow
from models.spec import ShortSpec

_DELIMITERS = ",;\t"
_INDEXES = frozenset(str(number) for number in range(200))  # as many as a spec may have scenes
_DEEPEST = 8  # levels of a column's name
MOST_COLUMNS = 10_000  # two hundred scenes have about forty fields each

Column = tuple[str, ...]


def parse_csv(content: bytes, *, origin: str, base: Path | str) -> list[ParsedRow]:
    """Return one row per record below the header, which empty cells leave to the spec's defaults.

    Comma, semicolon or tab, whichever the header uses. A cell of a whole mapping or list (`scenes`, `overlays`) holds
    JSON.
    Raises BatchInvalid when the header cannot be used; a record that cannot spoils only itself.
    """
    text = decode(content)
    header_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=header_line.count)
    with _cells_of_any_length():
        records = _records(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        _, header = next(records, (0, []))
        columns = _columns(header, origin)
        return [_row(columns, cells, origin=f"{origin}, line {line}", base=base) for line, cells in records]


@contextmanager
def _cells_of_any_length() -> Generator[None]:
    """Let cells be as long as a spec may be, inside the block: the limit is one for all readers of the process."""
    before = csv.field_size_limit(MOST_BYTES + 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


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
    if len(names) > MOST_COLUMNS:
        raise BatchInvalid(source=origin, reason=f"its header has more than {MOST_COLUMNS:,} columns")
    for name in names:
        if not all(name.split(".")) or name.count(".") > _DEEPEST:
            raise BatchInvalid(source=origin, reason=f"column {name[:80]!r} of its header names no field")
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise BatchInvalid(source=origin, reason=f"column {twice[:80]!r} is twice in its header")
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
    listed: dict[str, Any] = _with_lists(fields, ShortSpec, (), problems)
    if problems:
        raise SpecInvalid(problems=tuple(problems))
    return listed


def _place(fields: dict[str, Any], path: Column, cell: str) -> None:
    value: object = parse_json(cell) if _holds_json(path) else cell
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


def _with_lists(value: Any, kind: Any, path: Column, problems: list[str]) -> Any:
    """Return nested fields with lists where `kind` has lists; numbers that do not count up are added to `problems`."""
    if not isinstance(value, dict):
        return value
    if _is_list(kind):
        numbers, wrong = _numbers(".".join(path), value)
        problems += wrong
        return [_with_lists(value[str(number)], _item(kind), (*path, str(number)), problems) for number in numbers]
    return {name: _with_lists(item, _field(kind, name), (*path, name), problems) for name, item in value.items()}


def _numbers(name: str, items: dict[str, Any]) -> tuple[list[int], list[str]]:
    """Return the numbers of a list's columns, which count from 0, in order, and what is wrong with them."""
    wrong = [f"{name}.{index}: should be {name}.0, {name}.1, …" for index in items if index not in _INDEXES]
    numbers = sorted(int(index) for index in items if index in _INDEXES)
    if not wrong and numbers != list(range(len(numbers))):
        missing = next(number for number in range(len(numbers)) if number not in numbers)
        wrong = [f"{name}.{missing}: is empty, but {name}.{numbers[-1]} is not"]
    return numbers, wrong


@cache
def _holds_json(path: Column) -> bool:
    """Return whether a column names a whole list or mapping of the spec."""
    kind: Any = ShortSpec
    for part in path:
        kind = _item(kind) if _is_list(kind) else _field(kind, part)
    return _is_list(kind) or _is_mapping(kind)


def _field(kind: Any, name: str) -> Any:
    """Return the type of a model's field, without what may only be said of it or None; None for no field."""
    field = kind.model_fields.get(name) if _is_mapping(kind) else None
    return _bare(field.annotation) if field else None


def _item(kind: Any) -> Any:
    return _bare(get_args(kind)[0])


def _bare(kind: Any) -> Any:
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if isinstance(kind, UnionType):
        return _bare(next(each for each in get_args(kind) if each is not type(None)))
    return kind


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _is_mapping(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)
