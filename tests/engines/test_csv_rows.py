"""Rows of a batch from CSV and JSON Lines: what columns mean, and that a bad row spoils only itself."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.csv_rows import parse_csv
from engines.errors import BatchInvalid
from engines.rows import parse_json_lines
from models.base import Model
from models.batch import ParsedRow
from models.spec import ShortSpec

BASE = Path("/films")
SCENE = {"visual": "color:#204060", "min_duration_ms": 500}


def rows(text: str) -> list[ParsedRow]:
    return parse_csv(text.encode(), origin="shorts.csv", base=BASE)


def lines(text: str) -> list[ParsedRow]:
    return parse_json_lines(text.encode(), origin="shorts.jsonl", base=BASE)


def written(header: list[str], *records: list[str], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([header, *records])
    return text.getvalue()


# --- CSV ---------------------------------------------------------------------------------------------------------


def test_other_readers_of_the_process_keep_their_limit():
    before = csv.field_size_limit()
    long = "x" * (before + 1)
    (row,) = rows(f"title\n{long}\n")
    assert "CSV" not in str(row.problems)
    assert csv.field_size_limit() == before
    with pytest.raises(csv.Error, match="field larger than field limit"):
        list(csv.reader([long]))


def test_dotted_columns_are_nested_fields_and_empty_cells_leave_defaults() -> None:
    header = [
        "name",
        "title",
        "voice.rate",
        "canvas.preset",
        "scenes.0.narration",
        "scenes.0.visual",
        "scenes.1.visual",
    ]
    header += ["scenes.1.min_duration_ms", ""]
    (row,) = rows(written(header, ["first", "One", "1.5", "", "Hello, you.", "a.png", "color:#102030", "700", ""]))
    assert (row.name, row.origin, row.problems) == ("first", "shorts.csv, line 2", ())
    assert row.spec is not None
    assert (row.spec.title, row.spec.voice.rate, row.spec.canvas.preset) == ("One", 1.5, "vertical")
    first, second = row.spec.scenes
    assert (first.narration, first.visual) == ("Hello, you.", str(BASE / "a.png"))
    assert (second.visual, second.min_duration_ms) == ("color:#102030", 700)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_spreadsheets_write_is_read(delimiter: str, encoding: str) -> None:
    text = written(["title", "scenes"], ['Grüße, 😀 "x";\ty', json.dumps([SCENE])], delimiter=delimiter)
    (row,) = parse_csv(text.encode(encoding), origin="a.csv", base=BASE)
    assert row.spec is not None, row.problems
    assert row.spec.title == 'Grüße, 😀 "x";\ty'


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=40), min_size=1))
def test_every_title_arrives_as_it_was_written(titles: list[str]) -> None:
    titles = [title.strip() or "x" for title in titles]
    found = rows(written(["title", "scenes"], *([title, json.dumps([SCENE])] for title in titles)))
    assert [row.spec and row.spec.title for row in found] == titles


def test_a_bad_record_spoils_only_itself_and_names_all_that_is_wrong() -> None:
    good = '"[{""visual"": ""color:#204060"", ""min_duration_ms"": 500}]"'
    text = f'title,scenes,voice.rate\nOne,{good},\nTwo,{good},9,extra\n\n,{good},9\nFour,"[",\nFive,{good},\n'
    found = rows(text)
    assert [row.spec is not None for row in found] == [True, False, False, False, True]
    assert [row.origin.rpartition(" ")[2] for row in found] == ["2", "3", "5", "6", "7"]
    assert "4 cells" in found[1].problems[0]
    assert {problem.partition(":")[0] for problem in found[2].problems} == {"title", "voice.rate"}
    assert found[3].problems[0].startswith("scenes: not readable as JSON")


def test_bytes_that_are_no_text_spoil_only_their_row() -> None:
    content = b"title,script\nOne,Hello.\nTw\xff,Hello.\nThree,Hello.\n"
    found = parse_csv(content, origin="a.csv", base=BASE)
    assert ["UTF-8" in "".join(row.problems) for row in found] == [False, True, False]


def test_lists_count_from_nought_without_gaps() -> None:
    found = rows(written(["title", "scenes.0.visual", "scenes.2.visual"], ["One", "color:#102030", "color:#102030"]))
    assert "scenes.1: is empty" in found[0].problems[0]
    found = rows(written(["title", "scenes.first.visual"], ["One", "color:#102030"]))
    assert "scenes.first: should be scenes.0" in found[0].problems[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "no header"), ("title,title\n", "twice"), ("title,voice.\n", "names no field"), ("\n\n", "no header")],
)
def test_a_header_that_cannot_be_used_is_told(text: str, reason: str) -> None:
    with pytest.raises(BatchInvalid, match=reason):
        rows(text)


def test_two_columns_for_one_thing_are_told() -> None:
    (row,) = rows(written(["title", "voice", "voice.rate"], ["One", '{"rate": 1.0}', "1.1"]))
    assert "another column gives 'rate' already" in "".join(row.problems)


def test_a_column_that_no_spec_has_is_told_for_each_row() -> None:
    (row,) = rows(written(["titel", "script"], ["One", "Hello."]))
    assert any(problem.startswith("titel") for problem in row.problems)


@pytest.mark.parametrize(
    ("name", "default"),
    [
        (name, field.default)
        for name, field in ShortSpec.model_fields.items()
        if isinstance(field.default, Model | tuple)
    ],
)
def test_a_cell_of_any_mapping_or_list_holds_json(name: str, default: object) -> None:
    empty = "[]" if isinstance(default, tuple) else "{}"
    (row,) = rows(written(["title", "script", name], ["One", "Hello, you.", empty]))
    assert row.problems == ()
    assert getattr(row.spec, name) == default
    (row,) = rows(written(["title", "script", name], ["One", "Hello, you.", "plain text"]))
    assert row.problems[0].startswith(f"{name}: not readable as JSON")


def test_lists_inside_of_mappings_and_lists_count_too() -> None:
    header = ["title", "scenes.0.visual", "scenes.0.narration", "scenes.0.effects", "scenes.1.visual"]
    header += ["scenes.1.effects.0", "scenes.1.min_duration_ms", "variants.0.shape", "export.also.0", "overlays"]
    cells = ["One", "a.png", "[pause 400ms] Hello.", '["grain", "mono"]', "color:#102030"]
    cells += ["grain", "700", "square", "webm_vp9", '{"hook": "Wait"}']
    (row,) = rows(written(header, cells))
    assert row.problems == ()
    assert row.spec is not None
    first, second = row.spec.scenes
    assert (first.narration, first.effects, second.effects) == ("[pause 400ms] Hello.", ("grain", "mono"), ("grain",))
    assert ([each.shape for each in row.spec.variants], list(row.spec.export.also)) == (["square"], ["webm_vp9"])
    assert row.spec.overlays.hook == "Wait"
    (row,) = rows(written(["title", "script", "export.also.1"], ["One", "Hello, you.", "webm_vp9"]))
    assert row.problems == ("export.also.0: is empty, but export.also.1 is not",)


# --- JSON Lines --------------------------------------------------------------------------------------------------


def test_each_line_is_a_spec_with_an_optional_name() -> None:
    specs: list[dict[str, Any]] = [
        {"title": "One", "scenes": [SCENE]},
        {"name": "second", "title": "Two", "scenes": [{**SCENE, "visual": "b.png"}]},
    ]
    found = lines("\n\n".join(json.dumps(spec) for spec in specs))
    assert [(row.name, row.origin) for row in found] == [
        (None, "shorts.jsonl, line 1"),
        ("second", "shorts.jsonl, line 3"),
    ]
    assert found[1].spec is not None
    assert found[1].spec.scenes[0].visual == str(BASE / "b.png")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[]", "should be a JSON object"),
        ('{"title": ', "not readable as JSON"),
        ('{"title": "a", "title": "b"}', "is given twice"),
        ('{"title": NaN}', "NaN is no JSON number"),
        ("[" * 100_000, "nested too deeply"),
        ('{"name": 3, "title": "a", "script": "b"}', "name: should be a text"),
        ('{"title": ' + "9" * 5000 + "}", "not readable as JSON"),
    ],
)
def test_a_bad_line_spoils_only_itself(line: str, problem: str) -> None:
    good = json.dumps({"title": "Good", "scenes": [SCENE]})
    first, bad, last = lines(f"{good}\n{line}\n{good}")
    assert first.spec == last.spec is not None
    assert bad.spec is None
    assert problem in "".join(bad.problems)


def test_a_header_of_millions_of_columns_or_levels_is_refused_in_time() -> None:
    started_s = time.process_time()
    for header in (",".join(f"a{number}" for number in range(300_000)), "scenes." + ".".join("0" * 300_000)):
        with pytest.raises(BatchInvalid, match=r"columns|names no field") as caught:
            rows(f"{header}\n1\n")
        assert len(str(caught.value)) < 300
    assert time.process_time() - started_s < 5
