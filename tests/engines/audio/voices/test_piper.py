"""Piper's voices: real models (tiny ones, built here) run by onnxruntime, phonemes by espeak-ng."""

import json
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from engines.audio.narration import HEAD_MS, narrate
from engines.audio.voices.phonemes import clauses_of, sentences_of
from engines.audio.voices.piper import PiperSpeaker
from engines.errors import VoiceUnavailable
from models.audio import Speech
from models.voice import Voice, VoiceProvider
from tests.piper_model import ID_MS, build_piper_voice

TEXT = "The Moon drifts, slowly. Footprints last!"


def say(model: Path, folder: Path, text: str = TEXT, *, speaker: str = "", **settings: object):
    voice = Voice(provider=VoiceProvider.PIPER, **settings)
    speaking = PiperSpeaker(model=model, config=Path(f"{model}.json"), name="piper:tiny", speaker=speaker)
    speech = narrate(text, speaker=speaking, voice=voice, language="en", output=folder / "speech.wav")
    with wave.open(str(folder / "speech.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768
    return speech, samples


def check_laws(speech: Speech, text: str) -> None:
    assert [word.text for word in speech.words] == text.split()
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(speech.words))
    assert all(word.start_ms < word.end_ms <= speech.duration_ms for word in speech.words)


@pytest.mark.parametrize("tells", [False, True])
def test_a_model_speaks_and_its_words_are_timed(tmp_path: Path, tells: bool):
    speech, samples = say(build_piper_voice(tmp_path, tells_durations=tells), tmp_path)
    check_laws(speech, TEXT)
    assert speech.timing == ("provider" if tells else "estimated")
    heard = np.flatnonzero(np.abs(samples) > 0.005)
    assert abs(heard[0] / 48 - HEAD_MS) < 6
    starts = heard[np.flatnonzero(np.diff(heard) > 48 * 1.5 * ID_MS) + 1] / 48  # after what is longer than one pad
    for word in speech.words[1:] if tells else (speech.words[4],):
        assert np.min(np.abs(starts - word.start_ms)) < 30


def test_numbers_that_are_said_in_several_words_are_still_timed(tmp_path: Path):
    text = "In 1969, NASA's rocket flew 3.5 miles."
    speech, _ = say(build_piper_voice(tmp_path, tells_durations=True), tmp_path, text)
    check_laws(speech, text)
    assert speech.timing == "estimated"


def test_rate_and_pitch(tmp_path: Path):
    model = build_piper_voice(tmp_path)
    plain = say(model, tmp_path)[0].duration_ms
    assert 1.7 < say(model, tmp_path, rate=0.5)[0].duration_ms / plain < 2.2
    spectrum = np.abs(np.fft.rfft(say(model, tmp_path, pitch=12)[1]))
    assert abs(np.argmax(spectrum) * 24_000 / len(spectrum) - 440) < 15


def test_speakers_by_name_and_number(tmp_path: Path):
    model = build_piper_voice(tmp_path, speakers=2)
    peaks = {}
    for speaker in ("low", "high", "1"):
        spectrum = np.abs(np.fft.rfft(say(model, tmp_path, speaker=speaker)[1]))
        peaks[speaker] = round(np.argmax(spectrum) * 24_000 / len(spectrum) / 220)
    assert peaks == {"low": 1, "high": 2, "1": 2}
    with pytest.raises(VoiceUnavailable, match="low, high"):
        say(model, tmp_path, speaker="nobody")


def test_clauses_keep_every_letter_and_know_where_sentences_end():
    text = 'It cost $3.50; "why?" she asked... Then: silence'
    clauses = clauses_of(text, "en-us")
    assert "".join(clause.text for clause in clauses) == text
    assert [clause.ends_sentence for clause in clauses] == [False, True, True, False, False]
    assert len(list(sentences_of(clauses))) == 3
    assert clauses[0].phonemes.endswith(";")
    assert clauses_of("今日は。元気", "ja")[0].phonemes.endswith(".")


def test_what_is_no_model_is_refused(tmp_path: Path):
    model = build_piper_voice(tmp_path)
    config = Path(f"{model}.json")
    good = json.loads(config.read_text())
    for change, said in (
        ({"phoneme_id_map": {"a": [1]}}, "lacks"),
        ({"phoneme_type": "pinyin"}, "pinyin"),
        ({"audio": {}}, "not a Piper"),
        ({"audio": {"sample_rate": 10**9}}, "not a Piper"),
    ):
        config.write_text(json.dumps(good | change))
        with pytest.raises(VoiceUnavailable, match=said):
            say(model, tmp_path)
    config.write_text(json.dumps(good))
    model.write_bytes(b"not a model")
    with pytest.raises(VoiceUnavailable, match="can be run"):
        say(model, tmp_path)


def test_a_model_cannot_read_other_files(tmp_path: Path):
    model = build_piper_voice(tmp_path)
    graph = onnx.load(model)
    stolen = graph.graph.initializer[0]
    stolen.ClearField("raw_data")
    stolen.data_location = TensorProto.EXTERNAL
    stolen.external_data.add(key="location", value="/etc/hostname")
    model.write_bytes(graph.SerializeToString())
    with pytest.raises(VoiceUnavailable, match="other files"):
        say(model, tmp_path)


def test_a_model_with_other_inputs_is_refused(tmp_path: Path):
    model = build_piper_voice(tmp_path)
    node = helper.make_node("Identity", ["x"], ["y"])
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([node], "other", value[:1], value[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), model)
    with pytest.raises(VoiceUnavailable, match="does not take"):
        say(model, tmp_path)
