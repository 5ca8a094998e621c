"""Text that wants to be more than text: YAML, subtitles, scripts of captions, spreadsheets, Markdown, file names."""

import csv
import io
import json
import logging
import time
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from pydantic import ValidationError

from blocks.logs import TextLines
from engines.errors import DestinationInvalid, FontUnreadable, SourceNotFound, SourceUnreadable, SpecInvalid
from engines.specfile import load_spec
from engines.subtitles.cue_files import MOST_CHARACTERS, read_cues
from engines.subtitles.faces import load_faces
from engines.subtitles.srt import MAX_BYTES
from flows import artifacts, batch_view
from flows.artifacts import _code, _escaped, _linked
from models.artifacts import ArtifactRef
from models.audio import MixReport
from models.batch import BatchReport, RowState, RowStatus, RunsWhere
from models.report import PreviewReport, Publication, RenderReport, StepFailure, Video
from models.spec import ShortSpec
from tasks.batch_report import COLUMNS, csv_text
from tasks.plan import slug_of
from tasks.publish import folder_of

PROJECT = Path(__file__).parents[2]
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "a: &a\n  b: *a\n",
        "title: !!python/object/apply:os.system ['touch pwned']\nscript: x",
        "title: !!python/name:os.system\nscript: x",
        "!!python/object/new:type\nargs: [x]",
        "title: !include /etc/passwd\nscript: x",
        "title: !!binary aGVsbG8=\nscript: !!set {a}",
        "title: x\nscript: y\n---\ntitle: z",
        "[" * 100_000,
        "a: " * 5_000,
        "- " * 50_000,
        "{a: " * 20_000,
        "title: " + "9" * 100_000,
        '{"title": ' + "9" * 100_000 + "}",
        '{"a":' * 50_000,
        "%YAML 9.9\n---\ntitle: x",
        "\ufeff\x00title: x",
        "title: 'x\nscript: " + "\\u0000" * 99,
    ],
)
def test_no_yaml_runs_reads_or_grows(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    started_s = time.process_time()
    with pytest.raises(SpecInvalid):
        load_spec(text, base_dir=tmp_path)
    assert time.process_time() - started_s < 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "title", ["../../etc/passwd", "/etc/cron.d/x", "..", ".", "a\\..\\b", "~root", "con", "a/b", "%2e%2e", "{run}"]
)
def test_a_title_or_name_is_one_folder_below_the_destination(title: str, tmp_path: Path):
    spec = ShortSpec.model_validate({"title": title, "script": "x"})
    for name in (None, title):
        slug = slug_of(spec, name)
        assert slug == Path(slug).name
        assert not set(slug) - set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert Path(folder_of(str(tmp_path), slug)).parent == tmp_path


@pytest.mark.parametrize(
    "destination", ["s3://b/../c", "s3://{slug}/x", "s3://b/{secret}", "s3://b//c", "s3://b/x?y", "s3://b/\nx"]
)
def test_no_template_leads_out_of_its_bucket(destination: str):
    with pytest.raises(DestinationInvalid):
        folder_of(destination, "slug")


def test_subtitles_are_bounded_before_they_are_read(tmp_path: Path):
    path = tmp_path / "a.srt"
    for head in ("1\n00:00:01,000 --> 00:00:02,000\n", "WEBVTT\n\n00:01.000 --> 00:02.000\n"):
        path.write_text(head + "x" * (MOST_CHARACTERS + 1) + "\n")
        with pytest.raises(SourceUnreadable, match="characters"):
            read_cues(path, source="a.srt")
        with path.open("w") as file:
            file.write(head)
            file.truncate(MAX_BYTES + 1)
        with pytest.raises(SourceUnreadable, match="bytes"):
            read_cues(path, source="a.srt")


@pytest.mark.parametrize(
    "text",
    [
        "<b" * 200_000,
        "{\\b1" * 200_000,
        "<1" * 200_000,
        "&" * 400_000,
        "\n" * 400_000,
        "1\n" * 200_000,
        "-->" * 200_000,
    ],
)
def test_no_subtitle_takes_for_ever_to_read(text: str, tmp_path: Path):
    started_s = time.process_time()
    for head in ("1\n00:00:01,000 --> 00:00:02,000\n", "WEBVTT\n\n00:01.000 --> 00:02.000\n"):
        (tmp_path / "a.srt").write_text(f"{head}Hello\n{text}\n")
        with suppress(SourceUnreadable):
            read_cues(tmp_path / "a.srt", source="a.srt")
    assert time.process_time() - started_s < 10


@pytest.mark.parametrize("name", ["Noto\n[Events]", "Noto,99,&HFFFFFF", "a{\\b1}", "a\x00b"])
def test_a_font_whose_name_would_be_a_script_is_refused(name: str, tmp_path: Path):
    from fontTools.ttLib import TTFont

    source = next((PROJECT / "assets" / "fonts").glob("NotoSansHebrew*.ttf"))
    with TTFont(source) as font:
        for name_id in (1, 4, 16):
            font["name"].setName(name, name_id, 3, 1, 0x409)
            font["name"].setName(name, name_id, 1, 0, 0)
        font.save(tmp_path / "a.ttf")
    with pytest.raises(FontUnreadable):
        load_faces([tmp_path])


@pytest.mark.parametrize("table", [b"head", b"name", b"glyf", b"cmap"])
def test_a_font_with_a_table_of_gigabytes_that_it_has_not_is_refused_unread(table: bytes, tmp_path: Path):
    source = next((PROJECT / "assets" / "fonts").glob("NotoSansHebrew*.ttf"))
    content = bytearray(source.read_bytes())
    length = content.index(table) + 12  # of the table's row in the directory: tag, checksum, offset, length
    content[length : length + 4] = (3 << 30).to_bytes(4, "big")
    (tmp_path / "a.ttf").write_bytes(content)
    with pytest.raises(FontUnreadable, match="beyond its end"):
        load_faces([tmp_path])


def test_markdown_of_a_report_says_only_what_is_meant():
    evil = "x` ![a](https://evil/pixel) \n\n# b | c <img src=x onerror=1>"
    assert "`" not in _code(evil)[1:-1]
    assert "\n" not in _code(evil)
    assert "![" not in _escaped(evil)
    assert "<img" not in _escaped(evil).replace("\\<", "")
    assert "](" not in _linked("a", "javascript:alert(1)")
    assert "](" not in _linked("a", "https://x/) [b](https://evil")


def test_no_part_of_a_runs_pages_shows_a_title_as_markdown(monkeypatch: pytest.MonkeyPatch):
    shown: list[str] = []
    for name in ("create_image_artifact", "create_link_artifact", "create_markdown_artifact"):
        monkeypatch.setattr(artifacts, name, lambda *said, **more: shown.extend(map(str, (*said, *more.values()))))
    evil = "![x](https://evil.example/pixel)"
    publication = Publication(files=(), link="https://shorts.example/a.mp4", link_expires=None)
    preview = PreviewReport.model_construct(title=evil, publication=publication)
    artifacts.show_preview(preview, picture_url="data:image/jpeg;base64,AAAA")
    video = Video.model_construct(
        width_px=1, height_px=1, fps="30", frame_count=1, duration_ms=1, blob=ArtifactRef.model_construct(size=1)
    )
    report = RenderReport.model_construct(
        **{"title": evil, "slug": "x", "video": video, "mix": MixReport.model_construct(integrated_lufs=None)},
        **{"narrations": (), "steps": (), "credits": (), "services": (), "notes": (evil,), "seconds": 1.0},
        publication=publication,
    )
    artifacts.show_report(report, poster_url="data:image/jpeg;base64,AAAA")
    assert len(shown) > 8
    assert not any("![" in text or "](https://evil" in text for text in shown)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n=", "＝", "＋", "－", "＠"])
def test_no_cell_of_a_batchs_report_is_a_formula(start: str):
    error = f'{start}HYPERLINK("https://evil.example")'
    row = RowStatus(number=1, name="a", origin="a.csv, line 2", state=RowState.FAILED, error=error)
    report = BatchReport(name="b", source="s", folder="f", where=RunsWhere.HERE, seconds=1.0, rows=(row,))
    (cells,) = list(csv.reader(io.StringIO(csv_text(report), newline="")))[1:]
    assert cells[COLUMNS.index("error")] == f"'{error}"


def test_no_cell_of_a_table_among_a_runs_artifacts_is_a_formula(monkeypatch: pytest.MonkeyPatch):
    """Prefect shows tables as they are; people paste them into spreadsheets, and programs copy them there."""
    tables: list[list[dict[str, object]]] = []

    def keep(table: list[dict[str, object]], **more: object) -> UUID:
        tables.append(table)
        return UUID(int=0)

    monkeypatch.setattr(artifacts, "create_table_artifact", keep)
    monkeypatch.setattr(batch_view, "create_table_artifact", keep)
    monkeypatch.setattr(batch_view, "create_progress_artifact", lambda *said, **more: UUID(int=0))
    evil = '=HYPERLINK("https://evil.example")'
    artifacts.show_failures([StepFailure(step="fetch_asset", scene=1, reason=evil, may_pass=False)])
    row = RowStatus(number=1, name="@name", origin="a.csv, line 2", state=RowState.FAILED, error=evil)
    with SyncPrefectClient("http://127.0.0.1:9/api") as client:
        batch_view.BatchView({1: row}, client=client, listen=None)
    (failures,), (rows,) = tables
    assert (failures["reason"], rows["error"], rows["name"]) == (f"'{evil}", f"'{evil}", "'@name")
    assert (failures["scene"], rows["state"]) == (1, "failed")


def test_no_name_writes_a_line_of_the_log_or_an_order_to_a_terminal():
    forged = "a.png\n2026-01-31T12:00:00.000Z ERROR tasks.publish | gone\r\x1b[2J\u202egnp"
    line = TextLines().format(logging.makeLogRecord({"msg": "cannot read %s", "args": (forged,), "name": "x"}))
    first, *others = line.split("\n")
    assert first.endswith("| cannot read a.png")
    assert all(other.startswith("    ") for other in others)
    assert not set(line) & set("\r\x1b\u202e\u2028")


def test_a_spec_of_words_that_are_orders_elsewhere_is_just_words(tmp_path: Path):
    words = [
        "{{ 7*7 }}",
        "${HOME}",
        "$(id)",
        "`id`",
        "; rm -rf /",
        "%s%n",
        "{0.__class__}",
        "'; DROP TABLE x;--",
        "=cmd()",
    ]
    for word in words:
        text = json.dumps({"title": word, "scenes": [{"narration": word, "visual": "a.png"}]})
        spec = load_spec(text, base_dir=tmp_path)
        assert (spec.title, spec.scenes[0].narration) == (word, word)
        assert slug_of(spec, None)


def test_what_a_title_or_an_error_shows_steers_no_terminal_and_breaks_no_database():
    spec = ShortSpec.model_validate({"title": "Mo\x00on\x1b[2J\x9b31m", "script": "x"})
    assert spec.title == "Moon[2J31m"
    with pytest.raises(ValidationError, match="can be shown"):
        ShortSpec.model_validate({"title": "\x00\x1b", "script": "x"})
    assert str(SourceNotFound(source="a\x1b]8;;https://evil\x07b\nc")) == "a�]8;;https://evil�b\nc: not found"


def test_no_mistake_of_a_spec_is_told_with_its_passwords():
    wrong = {
        "title": "x",
        "script": "y",
        "callback_url": "ftp://user:hunter2@host",
        "destination": "s3://u:hunter2@{x}",
    }
    with pytest.raises(ValidationError) as caught:
        ShortSpec.model_validate(wrong)
    assert "callback_url" in str(caught.value)
    assert "hunter2" not in str(caught.value)
