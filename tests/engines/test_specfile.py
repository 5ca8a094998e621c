import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import SpecInvalid
from engines.specfile import MOST_BYTES, load_spec
from models.spec import ShortSpec

BASE = Path("/somewhere/else")
GOOD: dict[str, Any] = {"title": "A title", "scenes": [{"narration": "Hello.", "visual": "a.png"}]}


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(SpecInvalid) as failure:
        load_spec(text, base_dir=BASE)
    return failure.value.problems


def test_yaml_and_json_say_the_same():
    from_yaml = load_spec(yaml.safe_dump(GOOD), base_dir=BASE)
    assert from_yaml == load_spec(json.dumps(GOOD), base_dir=BASE)
    assert from_yaml == load_spec(json.dumps(GOOD, indent="\t"), base_dir=BASE)
    assert from_yaml.scenes[0].narration == "Hello."


def test_escaped_emoji_dates_and_flow_mappings_are_text():
    text = json.dumps({**GOOD, "title": "Launch \U0001f680"})
    assert "\\ud83d" in text
    assert load_spec(text, base_dir=BASE).title == "Launch \U0001f680"
    assert load_spec("title: 2024-02-30\nscript: x", base_dir=BASE).title == "2024-02-30"
    assert load_spec("{title: x, script: 'y'}", base_dir=BASE).script == "y"


def test_relative_paths_start_at_the_spec_and_addresses_stay():
    scenes = [
        {"narration": "a", "visual": visual, "voice_over": "talk.wav"}
        for visual in (
            "sub/a.png",
            "../a.png",
            "/abs/a.png",
            "https://host/a.png",
            "s3://b/a.png",
            "assets:x",
            "color:#102030",
        )
    ]
    text = json.dumps({"title": "t", "scenes": scenes, "music": {"track": "m.ogg"}, "destination": "out"})
    spec = load_spec(text, base_dir=BASE)
    assert [scene.visual for scene in spec.scenes] == [
        *("/somewhere/else/sub/a.png", "/somewhere/a.png", "/abs/a.png"),
        *("https://host/a.png", "s3://b/a.png", "assets:x", "color:#102030"),
    ]
    assert spec.scenes[0].voice_over == "/somewhere/else/talk.wav"
    assert (spec.music.track, spec.destination) == ("/somewhere/else/m.ogg", "/somewhere/else/out")


def test_every_mistake_is_told_with_its_path():
    wrong = {
        **{"titel": "x", "language": "english!", "quality": "best", "music": {"gain_db": 99, "track": "file:///x"}},
        "scenes": [{"narration": "a", "visual": "a.png", "fit": "stretch"}, {"visual": "b.png"}, {"narration": "c"}],
    }
    told = problems(json.dumps(wrong))
    paths = {line.split(":")[0] for line in told}
    assert paths == {
        *("title", "titel", "language", "quality", "music.gain_db", "music.track"),
        *("scenes.0.fit", "scenes.1", "scenes.2.visual"),
    }
    assert len(told) == len(paths)
    assert any("'cover' or 'contain'" in line for line in told)
    assert any("min_duration_ms" in line for line in told)


@pytest.mark.parametrize("field", ["voice", "music", "captions", "canvas"])
def test_unknown_fields_are_mistakes_everywhere(field: str):
    (line,) = problems(json.dumps({**GOOD, field: {"colour": 1}}))
    assert line.startswith(f"{field}.colour: is not a field of the spec")


def test_scenes_and_script_exclude_each_other():
    assert "not both" in problems(json.dumps({**GOOD, "script": "Hello there."}))[0]
    assert "give either" in problems(json.dumps({"title": "x"}))[0]
    assert len(problems(json.dumps({"script": 5}))) == 2  # the title, too


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "just text",
        "title: 'x",
        "\x00",
        "a: *b",
        "a: &b [*b]",
        "? [1]\n: 2",
        "!!set {a}",
        "a: 1\na: 2",
        "{" * 5000,
    ],
)
def test_what_is_no_spec_is_one_problem(text: str):
    assert len(problems(text)) == 1


def test_a_huge_spec_is_refused_unread():
    (line,) = problems("a" * (MOST_BYTES + 1))
    assert "larger than" in line


@given(st.text(max_size=200))
def test_any_text_is_a_spec_or_a_named_mistake(text: str):
    with suppress(SpecInvalid):
        load_spec(text, base_dir=BASE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(ShortSpec.model_fields)), json_values)
def test_any_value_in_any_field_is_taken_or_a_named_mistake(field: str, value: object):
    with suppress(SpecInvalid):
        load_spec(json.dumps({**GOOD, field: value}), base_dir=BASE)
