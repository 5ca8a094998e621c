"""The `neuroshorts` command as a process: what it prints, where, and how it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest

from models.report import RenderReport
from models.spec import ShortSpec
from tests.speech_server import SpeechServer

PROJECT = Path(__file__).parents[1]
FILES = {"video.mp4", "poster.jpg", "captions.srt", "captions.vtt", "report.json", ".neuroshorts.json"}
SPEC = {
    "title": "From the shell",
    "quality": "draft",
    "canvas": {"preset": "square"},
    "scenes": [{"visual": "color:#204060", "min_duration_ms": 200}],
}
TIMEOUT_S = 300  # more than a local server may take to start on a busy machine
WRONG = """
title: ""
sceens: []
canvas: {fps: 31}
voice: {rate: 9}
scenes:
  - {narration: Hello, visual: "ftp://host/a.png"}
  - {visual: "color:#12"}
  - {visual: a.mp4, start_ms: 500, end_ms: 100, tranzition: fade}
"""


def run(*arguments: str, home: Path, spec: str | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in an installation below `home`, with `spec` on its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        input=spec,
        capture_output=True,
        text=True,
        cwd=home,
        timeout=TIMEOUT_S,
        check=False,
        env={**os.environ, "NEUROSHORTS_STORE": str(home / "store"), "HOME": str(home), **environment},
    )


def without_server(home: Path) -> dict[str, str]:
    """An environment in which a command that starts or asks a server is seen to do so."""
    return {"PREFECT_API_URL": "http://127.0.0.1:9/api", "XDG_DATA_HOME": str(home / "data"), "PREFECT_HOME": str(home)}


def test_settings_are_listed_without_secrets(tmp_path: Path):
    ended = run("settings", home=tmp_path, NEUROSHORTS_DESTINATION="shelf", NEUROSHORTS_PEXELS_API_KEY="hunter2")
    assert ended.returncode == 0, ended.stderr
    assert "NEUROSHORTS_DESTINATION=shelf" in ended.stdout
    assert "NEUROSHORTS_PEXELS_API_KEY=(secret)" in ended.stdout
    assert "hunter2" not in ended.stdout
    assert (
        "    Artifact store: a folder, store://NAME/folder, or an fsspec URL such as s3://bucket/folder\n"
        in ended.stdout
    )


# --- render ------------------------------------------------------------------------------------------------------


def test_a_spec_from_standard_input_is_rendered_quietly(prefect_server: str, tmp_path: Path):
    ended = run("render", "-", "--output", "out", home=tmp_path, spec=json.dumps(SPEC))
    assert (ended.returncode, ended.stderr) == (0, "")
    link, summary = ended.stdout.splitlines()
    assert link == (tmp_path / "out" / "from-the-shell" / "video.mp4").as_uri()
    assert "0.2 s of video" in summary
    assert {path.name for path in (tmp_path / "out" / "from-the-shell").iterdir()} == FILES


def test_json_output_is_the_report_and_a_name_names_the_folder(prefect_server: str, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "spec.json").write_text(json.dumps(SPEC))
    options = ("--output", str(tmp_path / "out"), "--name", "Ein Größenwahn!", "--json")
    ended = run("render", "folder/spec.json", *options, home=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    report = RenderReport.model_validate_json(ended.stdout)
    assert report.slug == "ein-grossenwahn"
    assert report == RenderReport.model_validate_json((tmp_path / "out" / report.slug / "report.json").read_bytes())


def test_paths_are_relative_to_the_spec_and_a_failed_render_ends_with_1(prefect_server: str, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    scenes = [*SPEC["scenes"], {"visual": "pictures/gone.png", "min_duration_ms": 200}]
    (tmp_path / "folder" / "spec.yaml").write_text(json.dumps({**SPEC, "scenes": scenes}))
    ended = run("render", "folder/spec.yaml", "--output", "out", home=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [f"fetch_asset: scene 2: {tmp_path}/folder/pictures/gone.png: not found"]


UNKNOWN = """
titel: Nobody home
captions: {preset: neon, font: Nonesuch, size_px: huge}
music: {mood: furious}
export: {platform: myspace}
voice: {name: en-uss}
scenes:
  - {narration: One., visual: "color:#102030", effects: [5, sparkle]}
  - {narration: 12, visual: "color:#102030", effects: [sparkle]}
"""


def test_names_that_there_are_not_are_told_beside_other_mistakes_in_one_round(tmp_path: Path):
    (tmp_path / "spec.yaml").write_text(UNKNOWN)
    ended = run("render", "spec.yaml", home=tmp_path, **without_server(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    fields = [line.strip().partition(":")[0] for line in ended.stderr.splitlines()[1:]]
    assert sorted(fields) == sorted([
        *("title", "titel", "captions.size_px", "scenes.0.effects.0", "scenes.1.narration"),
        *("captions.preset", "captions.font", "music.mood", "export.platform", "voice.name"),
        *("scenes.0.effects.1", "scenes.1.effects.0"),
    ])  # fmt: skip
    assert ended.stderr.startswith("the spec has 12 mistakes:")


def test_a_brand_kit_that_there_is_not_is_told_in_the_same_round(prefect_server: str, tmp_path: Path):
    (tmp_path / "spec.yaml").write_text(f"brand: nobodys\n{UNKNOWN}")
    ended = run("render", "spec.yaml", home=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("the spec has 13 mistakes:")
    assert "brand: no kit 'nobodys'" in ended.stderr


def test_a_brand_kit_that_nobody_can_be_asked_for_hides_no_other_mistake(tmp_path: Path):
    (tmp_path / "spec.yaml").write_text(f"brand: nobodys\n{UNKNOWN}")
    ended = run("render", "spec.yaml", home=tmp_path, **without_server(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("the spec has 12 mistakes:")


def test_a_wrong_spec_tells_every_mistake_before_any_work(tmp_path: Path):
    (tmp_path / "spec.yaml").write_text(WRONG)
    ended = run("render", "spec.yaml", home=tmp_path, **without_server(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    told = ended.stderr.splitlines()[1:]
    fields = (
        "title",
        "sceens",
        "canvas.fps",
        "voice.rate",
        "scenes.0.visual",
        "scenes.1.visual",
        "scenes.2.tranzition",
    )
    for field in fields:
        assert sum(line.strip().startswith(f"{field}:") for line in told) == 1, (field, told)
    assert "Traceback" not in ended.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"spec.yaml"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "should be a mapping"),
        ("title: [", "line 1"),
        ("- a list", "should be a mapping"),
        ("title: x\ntitle: y\nscript: z", "is given twice"),
        ("title: x\nscript: &a hello\nlanguage: *a", "aliases"),
        ("title: x", "give either `scenes` or `script`"),
        ("title: !!python/object:os.system x", "line 1"),
    ],
)
def test_text_that_is_no_spec_ends_with_2(tmp_path: Path, text: str, said: str):
    ended = run("render", "-", home=tmp_path, spec=text, **without_server(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xfftitle: x", "is not UTF-8 text"),
        (b"title: \x92quoted\x92\nscript: x", "is not UTF-8 text"),
        ("title: x".encode("utf-16"), "give either `scenes` or `script`"),
        (b"\xef\xbb\xbftitle: x", "give either `scenes` or `script`"),
        (b"#" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
    ids=["no text", "old Windows", "UTF-16", "with a mark", "huge"],
)
@pytest.mark.parametrize("way", ["file", "standard input"])
def test_bytes_of_any_kind_are_read_or_refused_in_a_line(tmp_path: Path, content: bytes, said: str, way: str):
    (tmp_path / "spec.yaml").write_bytes(content)
    environment = {**os.environ, **without_server(tmp_path), "LC_ALL": "C", "PYTHONUTF8": "0"}
    with (tmp_path / "spec.yaml").open("rb") as reader:
        ended = subprocess.run(
            [sys.executable, "-m", "cli", "render", "-" if way == "standard input" else "spec.yaml"],
            **{"stdin": reader, "capture_output": True, "text": True, "cwd": tmp_path, "env": environment},
            timeout=TIMEOUT_S,
        )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 2


def test_a_folder_in_place_of_a_spec_leads_to_batches(tmp_path: Path):
    ended = run("render", str(tmp_path), home=tmp_path, **without_server(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"`neuroshorts batch {tmp_path}`" in ended.stderr


def test_the_version_is_that_of_the_package(tmp_path: Path):
    ended = run("--version", home=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, f"neuroshorts {version('neuroshorts')}\n")


def test_a_spec_that_is_not_there_ends_with_2(tmp_path: Path):
    ended = run("render", "nowhere.yaml", home=tmp_path, **without_server(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1
    assert "nowhere.yaml" in ended.stderr


def test_a_server_that_cannot_be_reached_is_told_without_a_traceback(tmp_path: Path):
    ended = run("render", "-", home=tmp_path, spec=json.dumps(SPEC), **without_server(tmp_path))
    assert ended.returncode == 1
    assert "127.0.0.1:9" in ended.stderr
    assert "Traceback" not in ended.stderr


# --- the other commands ------------------------------------------------------------------------------------------


def test_schema_is_the_specs_own(tmp_path: Path):
    ended = run("schema", home=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == json.loads(json.dumps(ShortSpec.model_json_schema()))


def test_voices_lists_what_a_spec_may_name(tmp_path: Path):
    everyone = run("voices", home=tmp_path)
    assert everyone.returncode == 0
    assert "en-us" in everyone.stdout
    assert len(everyone.stdout.splitlines()) > 80
    brazilian = run("voices", "--language", "pt-BR", home=tmp_path)
    assert "pt-br" in brazilian.stdout
    assert "en-us" not in brazilian.stdout


def test_effects_lists_motions_transitions_and_looks(tmp_path: Path):
    ended = run("effects", home=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    for kind, name in (("motion", "punch_in"), ("transition", "whip"), ("look", "vignette")):
        assert any(line.split()[:2] == [kind, name] for line in lines)


def test_platforms_tell_all_that_they_take(tmp_path: Path):
    ended = run("platforms", home=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    listed = ended.stdout.splitlines()
    at = next(number for number, line in enumerate(listed) if line.startswith("reels (checked 20"))
    assert [line.strip() for line in listed[at + 1 : at + 3]] == [
        "vertical, square, wide; h264, hevc in mp4 without edit lists",
        "3 s to 15 min, 300 MB, video of 25000 kbit/s, sound of 128 kbit/s",
    ]


def test_voices_of_a_language_that_nobody_speaks_are_told_plainly(tmp_path: Path):
    ended = run("voices", "--language", "tlh", home=tmp_path)
    assert ended.returncode == 1
    assert "tlh" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_voices_of_a_service_are_listed(prefect_server: str, tmp_path: Path):
    with SpeechServer(key="k") as server:
        environment = {"NEUROSHORTS_OPENAI_URL": f"{server.url}/v1", "NEUROSHORTS_OPENAI_API_KEY": "k"}
        listed = run("voices", "--provider", "openai", home=tmp_path, **environment)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "af_heart" in listed.stdout
    keyless = run("voices", "--provider", "elevenlabs", home=tmp_path)
    assert keyless.returncode == 1
    assert "NEUROSHORTS_ELEVENLABS_API_KEY" in keyless.stderr


def test_doctor_finds_nothing_wrong_here(prefect_server: str, tmp_path: Path):
    ended = run("doctor", home=tmp_path)
    assert ended.returncode == 0, ended.stdout
    assert "bad" not in ended.stdout
    for subject in (
        "ffmpeg",
        "ffmpeg filters",
        "ffmpeg encoders",
        "text shaping",
        "assets",
        "voice",
        "store",
        "Prefect API",
    ):
        assert f" {subject}:" in ended.stdout


@pytest.mark.parametrize("program", ["/nowhere/ffmpeg", "/bin/false", "/bin/true", "/"])
def test_doctor_says_how_to_mend_a_broken_ffmpeg(tmp_path: Path, program: str):
    ended = run("doctor", home=tmp_path, IMAGEIO_FFMPEG_EXE=program)
    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    for subject in ("ffmpeg", "ffmpeg filters", "ffmpeg encoders"):
        (at,) = (number for number, line in enumerate(lines) if line.startswith(f"bad  {subject}:"))
        assert lines[at + 1].strip().startswith("mend:")
        assert "IMAGEIO_FFMPEG_EXE" in lines[at + 1]
    assert "Traceback" not in ended.stderr


def test_doctor_says_how_to_mend_a_server_that_is_away(tmp_path: Path):
    ended = run("doctor", home=tmp_path, **without_server(tmp_path))
    assert ended.returncode == 1
    assert "bad  Prefect API: http://127.0.0.1:9/api" in ended.stdout


@pytest.fixture
def own(tmp_path: Path) -> Generator[dict[str, str]]:
    """An installation without a server, and without one again in the end, however the test ends."""
    environment = {**without_server(tmp_path), "PREFECT_API_URL": ""}
    yield environment
    run("down", home=tmp_path, **environment)


def test_down_ends_the_server_that_render_started(tmp_path: Path, own: dict[str, str]):
    assert "Nothing was running" in run("down", home=tmp_path, **own).stdout
    ended = run("render", "-", home=tmp_path, spec=json.dumps(SPEC), **own)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("\n") == 1  # that the server is started, once
    (state,) = (tmp_path / "data").rglob("server.json")
    pid: Any = json.loads(state.read_text())["pid"]
    assert _runs(pid)
    assert run("doctor", home=tmp_path, **own).returncode == 0
    assert "has ended" in run("down", home=tmp_path, **own).stdout
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
