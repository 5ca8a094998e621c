"""What a batch's source holds: folders, globs, files and prefixes; how rows are named apart and keyed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from engines.errors import BatchInvalid, SourceNotFound, SourceRefused
from models.batch import Row, RowState, RowStatus
from tasks.batch_source import batch_folder, batch_name, read_rows, settle_rows

LISTING = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>inbox</Name><Prefix>today/</Prefix>
<KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><IsTruncated>false</IsTruncated>{contents}
<CommonPrefixes><Prefix>today/old/</Prefix></CommonPrefixes></ListBucketResult>"""
CONTENT = """<Contents><Key>today/{name}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>
<ETag>&quot;tag&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"""


def spec(title: str, visual: str = "color:#204060") -> dict[str, Any]:
    return {"title": title, "scenes": [{"visual": visual, "min_duration_ms": 500}]}


def write(folder: Path, *titles: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for title in titles:
        (folder / f"{title}.json").write_text(json.dumps(spec(title)))


def write_lines(path: Path, *specs: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in specs))
    return path


def settled(source: Path | str, folder: str = "/out") -> tuple[dict[int, Row], dict[int, RowStatus]]:
    return settle_rows(read_rows(str(source)), folder=folder)


# --- where rows come from ----------------------------------------------------------------------------------------


def test_a_folder_holds_the_specs_that_lie_directly_in_it(tmp_path: Path) -> None:
    write(tmp_path, "b", "a")
    write(tmp_path / "below", "c")
    (tmp_path / "d.yaml").write_text("title: d\nscript: Hello.\n")
    (tmp_path / "notes.txt").write_text("no spec")
    (tmp_path / ".hidden.json").write_text("{}")
    assert [row.name for row in read_rows(str(tmp_path))] == ["a", "b", "d"]


def test_a_glob_reaches_below_and_mixes_kinds_of_files(tmp_path: Path) -> None:
    write(tmp_path / "one", "a")
    write(tmp_path / "two", "b")
    (tmp_path / "two" / "c.csv").write_text("title,script\nc,Hello.\nd,Hello.\n")
    write_lines(tmp_path / "e.jsonl", spec("e"))
    found = read_rows(str(tmp_path / "**" / "*.*"))
    assert sorted(row.spec.title for row in found if row.spec) == ["a", "b", "c", "d", "e"]


def test_relative_sources_start_from_the_file_that_names_them(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", spec("a", "pictures/moon.jpg"))
    (row,) = read_rows(str(tmp_path / "a.jsonl"))
    assert row.spec is not None
    assert row.spec.scenes is not None
    assert row.spec.scenes[0].visual == str(tmp_path / "pictures" / "moon.jpg")


def test_one_bad_file_of_many_is_a_bad_row_and_alone_it_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "good")
    (tmp_path / "bad.csv").write_text("title,title\n")
    found = {row.origin: row for row in read_rows(str(tmp_path / "*"))}
    assert found["good.json"].spec is not None
    assert "twice" in found["bad.csv"].problems[0]
    with pytest.raises(BatchInvalid):
        read_rows(str(tmp_path / "bad.csv"))
    with pytest.raises(SourceNotFound):
        read_rows(str(tmp_path / "none.csv"))


def test_folders_that_may_not_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "inside", "a")
    write(tmp_path / "outside", "b")
    monkeypatch.setenv("NEUROSHORTS_ALLOWED_ROOTS", json.dumps([str(tmp_path / "inside")]))
    assert len(read_rows(str(tmp_path / "inside"))) == 1
    for source in ("outside", "outside/*.json", "outside/b.json"):
        with pytest.raises(SourceRefused):
            read_rows(str(tmp_path / source))
    reached = read_rows(str(tmp_path / "inside" / ".." / "outside" / ".." / "inside" / "*.json"))
    assert [row.name for row in reached] == ["a"]


@pytest.fixture
def bucket(web: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A web server that answers like an object store holding two specs, for the real S3 client."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    bodies = {"a.json": json.dumps(spec("a", "moon.jpg")).encode(), "b.json": b"{", "film.mp4": b"no spec"}
    contents = "".join(CONTENT.format(name=name, size=len(body)) for name, body in bodies.items())
    listing = LISTING.format(contents=contents).encode()
    web.page("/inbox?list-type=2&prefix=today%2F&delimiter=%2F&encoding-type=url", listing)
    for name, body in bodies.items():
        web.page(
            f"/inbox/today/{name}", body, headers={"ETag": '"tag"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        )
    yield web
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def test_a_prefix_holds_the_specs_that_lie_directly_below_it(bucket: Any) -> None:
    first, second = read_rows("s3://inbox/today/")
    assert first.spec is not None
    assert first.spec.scenes is not None
    assert first.spec.scenes[0].visual == "s3://inbox/today/moon.jpg"
    assert (second.name, second.spec) == ("b", None)


# --- names and keys ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/films/spring launch.csv", "spring-launch"),
        ("/films/spring/*.json", "spring"),
        ("s3://inbox/today/", "today"),
        ("v1.2", "v1-2"),
    ],
)
def test_a_batch_is_named_for_its_source(source: str, name: str) -> None:
    assert batch_name(source, None) == name
    assert batch_name(source, "My own") == "my-own"


def test_a_source_whose_name_has_no_letters_still_gets_one_of_its_own() -> None:
    assert batch_name("/films/🎬🎬.csv", None) != batch_name("/films/🎵🎵.csv", None)


def test_the_reports_go_to_an_absolute_folder_or_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert batch_folder("out", "a") == str(tmp_path / "out" / "a")
    assert batch_folder("s3://bucket/out/", "a") == "s3://bucket/out/a"


def test_no_two_rows_share_a_folder(tmp_path: Path) -> None:
    named = {"name": "same", **spec("Named")}
    twice = [spec("Moon"), spec("Moon", "color:#000000"), spec("Moon"), named, {**named, "title": "Other"}]
    rows, statuses = settled(write_lines(tmp_path / "a.jsonl", *twice))
    assert [status.state for status in statuses.values()] == [
        RowState.WAITING,
        RowState.WAITING,
        RowState.DUPLICATE,
        RowState.WAITING,
        RowState.INVALID,
    ]
    assert statuses[3].error == "the same as row 1"
    assert "row 4" in str(statuses[5].error)
    folders = [(row.destination, row.name) for row in rows.values()]
    assert len(set(folders)) == len(folders) == 3
    assert rows[1].name == "moon"
    assert rows[2].name.startswith("moon-")


def test_a_row_keeps_its_key_where_it_stands_and_changes_it_with_what_it_says(tmp_path: Path) -> None:
    one, two = spec("One"), spec("Two")
    path = tmp_path / "a.jsonl"
    before, _ = settled(write_lines(path, one, two))
    moved, _ = settled(write_lines(path, {}, two, one))
    assert {row.key for row in moved.values()} == {row.key for row in before.values()}
    changed, _ = settled(write_lines(path, {**one, "quality": "high"}, two))
    assert changed[1].key != before[1].key
    assert changed[2].key == before[2].key
    elsewhere, _ = settled(path, folder="/elsewhere")
    assert not {row.key for row in elsewhere.values()} & {row.key for row in changed.values()}


def test_a_picture_that_changed_changes_the_key_of_its_rows(tmp_path: Path) -> None:
    picture = tmp_path / "moon.png"
    picture.write_bytes(b"one")
    os.utime(picture, ns=(1, 1))
    path = write_lines(tmp_path / "a.jsonl", spec("One", "moon.png"), spec("Two"))
    before, _ = settled(path)
    os.utime(picture, ns=(2, 2))
    after, _ = settled(path)
    assert [before[row].key == after[row].key for row in (1, 2)] == [False, True]


def test_no_wildcard_names_what_lies_outside_the_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, outside = tmp_path / "inbox", tmp_path / "outside"
    write(inbox / "a", "A")
    write(outside, "Secret")
    monkeypatch.setenv("NEUROSHORTS_ALLOWED_ROOTS", json.dumps([str(inbox)]))
    assert [row.name for row in read_rows(f"{inbox}/*/*.json")] == ["A"]
    for source in (f"{inbox}/*/../../outside/*", f"{inbox}/**/../../*/*.json", f"{outside}/*", f"{inbox}/../*/*"):
        with pytest.raises(SourceRefused) as caught:
            read_rows(source)
        assert "Secret" not in str(caught.value)
