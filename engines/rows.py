"""Read the rows of a batch from JSON Lines, or from spec files: strictly, and each row by itself."""

import json
from pathlib import Path
from typing import Any, NoReturn

from engines.errors import SpecInvalid
from engines.specfile import MOST_BYTES, build_spec, each_once, load_spec
from models.batch import ParsedRow

NAME_FIELD = "name"
NAME_MOST_CHARACTERS = 200
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def parse_spec_file(content: bytes, *, origin: str, name: str, base: Path | str) -> ParsedRow:
    """Return the row that a YAML or JSON spec file is; `base` is the folder or URL its relative paths start from."""
    try:
        return ParsedRow(origin=origin, name=name, spec=load_spec(checked_text(decode(content)), base_dir=base))
    except SpecInvalid as error:
        return ParsedRow(origin=origin, name=name, problems=error.problems)


def parse_json_lines(content: bytes, *, origin: str, base: Path | str) -> list[ParsedRow]:
    """Return one row per line that is not empty; a row is a spec with an optional `name` for its result's folder."""
    lines = decode(content).split("\n")
    return [
        _json_row(line, origin=f"{origin}, line {number}", base=base)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]


def row_of(fields: dict[str, Any], *, origin: str, base: Path | str) -> ParsedRow:
    """Return the row that nested spec fields, and a `name` for its result's folder, give."""
    name = fields.get(NAME_FIELD) or None
    spec_fields = {key: value for key, value in fields.items() if key != NAME_FIELD}
    problems: tuple[str, ...] = ()
    if name is not None and not (isinstance(name, str) and len(name) <= NAME_MOST_CHARACTERS):
        problems, name = (f"name: should be a text of at most {NAME_MOST_CHARACTERS} characters",), None
    try:
        spec = build_spec(spec_fields, base_dir=base)
    except SpecInvalid as error:
        return ParsedRow(origin=origin, name=name, problems=(*problems, *error.problems))
    return ParsedRow(origin=origin, name=name, spec=None if problems else spec, problems=problems)


def decode(content: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark; bytes that are neither become lone surrogates.

    `checked_text` finds those, so that they spoil the row that they stand in and no other.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content.removeprefix(mark).decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    return content.decode("utf-8", "surrogateescape")


def checked_text(text: str) -> str:
    """Return `text` if it may be a spec's. Raises SpecInvalid when it is too long or was not UTF-8."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise SpecInvalid(problems=("is not UTF-8 text; save the file as UTF-8",)) from None
    if size > MOST_BYTES:
        raise SpecInvalid(problems=(f"the row is larger than {MOST_BYTES:,} bytes",))
    return text


def parse_json(text: str) -> object:
    """Return strict JSON. Raises SpecInvalid, also for a key that is given twice and for NaN and Infinity."""
    try:
        return json.loads(text, object_pairs_hook=each_once, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise SpecInvalid(problems=(f"not readable as JSON: {error.msg} at character {error.pos + 1}",)) from None
    except RecursionError:
        raise SpecInvalid(problems=("nested too deeply",)) from None
    except ValueError as error:  # a number of too many digits
        raise SpecInvalid(problems=(f"not readable as JSON: {error}",)) from None


def _json_row(line: str, *, origin: str, base: Path | str) -> ParsedRow:
    try:
        fields = parse_json(checked_text(line))
        if not isinstance(fields, dict):
            raise SpecInvalid(problems=("should be a JSON object, {…}, that is a spec",))
    except SpecInvalid as error:
        return ParsedRow(origin=origin, problems=error.problems)
    return row_of(fields, origin=origin, base=base)


def _refuse_constant(name: str) -> NoReturn:
    raise SpecInvalid(problems=(f"not readable as JSON: {name} is no JSON number",))
