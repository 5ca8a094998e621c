"""Words recognised by a real faster-whisper, with a model that is built here; needs the extra `align`."""

from pathlib import Path

import pytest

from engines.audio.espeak import synthesize
from engines.audio.recognition import recogniser
from engines.audio.recording import align_recording
from engines.errors import RecogniserMissing
from models.voice import Voice

TEXT = "The Moon drifts away, *slowly*."
WORDS = ["the", "moon", "drifts", "away", "slowly"]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.wav"
    synthesize(TEXT.replace("*", ""), voice=Voice(), language="en-US", output=path)
    return path


def test_recognised_words_time_a_recording(recording: Path, tmp_path: Path):
    pytest.importorskip("faster_whisper")
    from tests.whisper_model import build_whisper_model

    model = build_whisper_model(tmp_path / "model", ["uh", *WORDS], seconds=2.4)
    recognise = recogniser(str(model), language="en-US")
    heard = recognise(recording)
    assert [word.text for word in heard][-5:] == WORDS
    assert all(word.start_ms <= word.end_ms for word in heard)
    speech = align_recording(
        recording, text=TEXT, language="en", output=tmp_path / "out.wav", source="recording.wav", recognise=recognise
    )
    assert speech.timing == "recognised"
    assert [word.text for word in speech.words] == TEXT.replace("*", "").split()


def test_a_recogniser_that_hears_something_else_is_not_believed(recording: Path, tmp_path: Path):
    pytest.importorskip("faster_whisper")
    from tests.whisper_model import build_whisper_model

    model = build_whisper_model(tmp_path / "model", ["thank", "you", "for", "watching"], seconds=2.0)
    recognise = recogniser(str(model), language="en-US")
    speech = align_recording(
        recording, text=TEXT, language="en", output=tmp_path / "out.wav", source="recording.wav", recognise=recognise
    )
    assert speech.timing == "estimated"


def test_a_model_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(RecogniserMissing, match="nowhere"):
        recogniser(str(tmp_path / "nowhere"), language="en")(tmp_path / "x.wav")
