from pathlib import Path

import pytest
from pydantic import ValidationError

from engines.specfile import build_spec
from models.scene import Scene
from models.spec import ShortSpec
from models.voice import Voice, VoiceProvider


@pytest.mark.parametrize(
    "mark", ["[pause 3 parsecs]", "[pause 20s]", "[pause -1s]", "[pause 400]", "[pause for effect]"]
)
def test_a_mark_that_is_none_is_refused_where_it_stands(mark: str):
    for fields in ({"script": f"Hello {mark} there."}, {"scenes": [{"narration": f"Hi {mark}", "visual": "a.png"}]}):
        with pytest.raises(ValidationError, match="pause"):
            ShortSpec.model_validate({"title": "T", **fields})


def test_pauses_are_counted():
    with pytest.raises(ValidationError, match="at most 40"):
        Scene(narration="a [pause 1ms] " * 41, visual="a.png")


@pytest.mark.parametrize("fallback", ["", "azure", "edge:", "espeak: \x00", "espeak+f2"])
def test_unknown_stand_ins_are_refused(fallback: str):
    with pytest.raises(ValidationError):
        Voice(fallback=(fallback,))


def test_the_chain_keeps_how_to_speak_and_forgets_whose_settings():
    voice = Voice(
        provider="openai", name="alloy", block="kokoro", model="m", rate=1.2, pitch=2, fallback=("edge:x:y", "espeak")
    )
    first, second, third = voice.chain()
    assert first.model_dump() == {**voice.model_dump(), "fallback": ()}
    assert (second.provider, second.name, second.block, second.model) == (VoiceProvider.EDGE, "x:y", "", "")
    assert (third.label, third.rate, third.pitch, third.fallback) == ("espeak", 1.2, 2, ())


def test_a_recording_of_the_whole_needs_texts_to_be_split_by():
    with pytest.raises(ValidationError, match="voice_over"):
        ShortSpec(title="T", voice_over="a.wav", scenes=(Scene(visual="a.png", min_duration_ms=100),))


def test_paths_of_models_are_found_from_the_spec():
    voice = {
        "provider": "piper",
        "name": "voices/a.onnx#high",
        "fallback": ["piper:voices/b.onnx", "piper:c", "edge:x/y"],
    }
    spec = build_spec({"title": "T", "script": "Hi.", "voice": voice}, base_dir=Path("/specs"))
    assert spec.voice.name == "/specs/voices/a.onnx#high"
    assert spec.voice.fallback == ("piper:/specs/voices/b.onnx", "piper:c", "edge:x/y")
    url = {"provider": "piper", "name": "https://example.org/a.onnx"}
    assert build_spec({"title": "T", "script": "Hi.", "voice": url}, base_dir=Path("/specs")).voice.name == url["name"]
