import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import SpecInvalid
from engines.spec_problems import PATTERNS
from engines.specfile import MOST_BYTES, load_spec
from models.spec import ShortSpec

BASE = Path("/somewhere/else")
GOOD: dict[str, Any] = {"title": "A title", "scenes": [{"narration": "Hello.", "visual": "a.png"}]}


def paths(text: str) -> list[str]:
    return [line.split(":")[0] for line in problems(text)]


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


@pytest.mark.parametrize("title", ["", "   ", "\u2003\t"])
def test_a_title_says_something(title: str):
    (line,) = problems(json.dumps({**GOOD, "title": title}))
    assert line in ("title: should not be empty", "title: should not be blank")


def test_scenes_and_script_exclude_each_other():
    assert "not both" in problems(json.dumps({**GOOD, "script": "Hello there."}))[0]
    assert "nothing in both" in problems(json.dumps({"title": "x"}))[0]
    assert "nothing in both" in problems(json.dumps({"title": "x", "script": "  ", "scenes": []}))[0]
    assert len(problems(json.dumps({"script": 5}))) == 2  # the title, too
    assert paths(json.dumps({"title": 5})) == ["title", "spec"]


def test_fields_that_contradict_each_other_are_told_beside_fields_that_are_wrong_by_themselves():
    scenes = [
        {"narration": "a", "visual": "ftp://x", "start_ms": 9, "end_ms": 3},
        {"narration": "Hello.", "visual": "a.png", "motion_word": "bye", "fit": "tall", "effects": ["UP", "vignette"]},
        {"visual": "a.png", "sound_at_ms": -1},
        "just text",
    ]
    captions = {"uppercase": True, "case": "lower", "position": "up"}
    wrong = {"title": "", "script": "Hello.", "captions": captions, "scenes": scenes}
    assert sorted(paths(json.dumps(wrong))) == [
        *("captions", "captions.position"),
        *("scenes.0", "scenes.0.visual", "scenes.1", "scenes.1.effects.0", "scenes.1.fit"),
        *("scenes.2", "scenes.2.sound_at_ms", "scenes.3", "spec", "title"),
    ]


@pytest.mark.parametrize(
    "scene",
    [
        {"visual": "a.png", "narration": 5},  # no narration only because it is wrong
        {"visual": "a.png", "min_duration_ms": "long"},
        {"visual": "a.png", "narration": "a", "start_ms": 10, "end_ms": "x"},
        {"visual": 1, "narration": "a"},
    ],
)
def test_a_field_that_is_wrong_does_not_count_as_left_out(scene: dict[str, Any]):
    assert len(problems(json.dumps({"title": "t", "scenes": [scene]}))) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: 1984\nscript: x", "title: should be text: put 1984 in quotes"),
        ("title: yes\nscript: x", "title: should be text: put it in quotes, since YAML takes yes, no"),
        ("title: x\nscript: x\nlanguage: english", "language: should be a BCP 47 tag, such as en"),
        ("title: x\nscript: x\ncaptions: {color: red}", "captions.color: should be a colour as '#RRGGBB'"),
        ("title: x\nscript: x\ncanvas: {with: 9, pre-set: a}", "canvas.pre-set: is not a field of the spec; did you"),
        ("title: x\nscript: x\nvoice: {fallback: [bob]}", "voice.fallback.0: should be PROVIDER or PROVIDER:NAME"),
        ("title: x\nscenes: [{visual: a.png, naration: x}]", "scenes.0.naration: is not a field of the spec; did you"),
        ("title: x\nscenes: [{narration: x}]", "scenes.0.visual: is missing"),
        ("title: x\nscript: x\ncallback_url: here", "callback_url: should be an https:// address"),
    ],
)
def test_what_would_be_right_is_told_in_words(text: str, said: str):
    assert any(line.startswith(said) for line in problems(text)), problems(text)


def test_every_pattern_of_the_spec_has_words():
    patterns = set(_patterns(ShortSpec.model_json_schema()))
    assert len(patterns) > 5
    assert patterns <= set(PATTERNS)


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else ():
        yield from _patterns(part)


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
        '{"title": "t", "script": ' + "[" * 900 + "]" * 900 + "}",
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
