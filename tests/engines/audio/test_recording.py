import pickle
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines import ffmpeg
from engines.audio.espeak import synthesize
from engines.audio.pcm import save_wav
from engines.audio.recording import align_recording
from engines.errors import SourceUnreadable
from models.audio import Speech
from models.voice import Voice

SCRIPT = "Stop! Look around you; the planet is warming, and quickly. What will you do?"


def check_laws(speech: Speech, text: str) -> None:
    assert "".join("".join(word.text for word in speech.words).split()) == "".join(text.split())
    assert all(word.start_ms < word.end_ms <= speech.duration_ms for word in speech.words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(speech.words))
    assert speech.timing == "estimated"


def room_noise(samples: np.ndarray, level: float) -> np.ndarray:
    return samples + np.random.default_rng(5).normal(0, level, len(samples)).astype(np.float32)


def load(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return (np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768).astype(np.float32)


@pytest.mark.parametrize("noise", [0.0, 0.003])
@pytest.mark.parametrize("voice", ["en-us", "en-gb+f2"])
def test_words_are_found_near_where_they_are_said(tmp_path: Path, voice: str, noise: float) -> None:
    said = synthesize(SCRIPT, voice=Voice(name=voice), language="en", output=tmp_path / "said.wav")
    before = np.zeros(24_000, dtype=np.float32)
    recorded = room_noise(np.concatenate((before, load(tmp_path / "said.wav"), before)), noise)
    save_wav(recorded, tmp_path / "recorded.wav")
    speech = align_recording(
        tmp_path / "recorded.wav", text=SCRIPT, language="en", output=tmp_path / "o.wav", source="recorded.wav"
    )
    check_laws(speech, SCRIPT)
    assert speech.duration_ms == said.duration_ms + 1_000, "nothing is trimmed"
    off = [abs(guess.start_ms - 500 - truth.start_ms) for guess, truth in zip(speech.words, said.words, strict=True)]
    assert np.mean(off) < 35
    assert max(off) < 120
    clause_starts = [1, 4, 8, 10]
    assert all(off[index] < 80 for index in clause_starts)


def test_other_formats_are_decoded_and_text_is_optional(tmp_path: Path) -> None:
    save_wav(room_noise(np.zeros(96_000, dtype=np.float32), 0.1), tmp_path / "a.wav")
    arguments = ("-y", "-i", str(tmp_path / "a.wav"), "-ar", "44100", "-ac", "2", str(tmp_path / "a.mp3"))
    ffmpeg.run(arguments, timeout_s=120)
    speech = align_recording(tmp_path / "a.mp3", text=" ", language="en", output=tmp_path / "o.wav", source="a.mp3")
    assert speech.words == ()
    assert abs(speech.duration_ms - 2_000) < 60
    with wave.open(str(tmp_path / "o.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.lists(st.sampled_from(["word.", "a", "1969,", "— ", "🚀", "今天天气", "extraordinary!"]), min_size=1).map(
        " ".join
    ),
    bursts=st.lists(st.tuples(st.integers(20, 900), st.integers(0, 900)), min_size=1, max_size=8),
)
def test_any_text_over_any_bursts_keeps_the_laws(tmp_path: Path, text: str, bursts: list[tuple[int, int]]) -> None:
    parts = [np.concatenate((np.full(on * 48, 0.2), np.zeros(off * 48))) for on, off in bursts]
    samples = np.concatenate(parts).astype(np.float32)
    folder = tmp_path / "case"
    folder.mkdir(exist_ok=True)
    save_wav(samples * np.sin(np.arange(len(samples)) / 20).astype(np.float32), folder / "in.wav")
    speech = align_recording(folder / "in.wav", text=text, language="en", output=folder / "out.wav", source="in.wav")
    assert "".join("".join(word.text for word in speech.words).split()) == "".join(text.split())
    assert all(word.start_ms < word.end_ms for word in speech.words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(speech.words))
    if len(speech.words) < speech.duration_ms:
        check_laws(speech, text)


def test_silence_is_shared_out_evenly(tmp_path: Path) -> None:
    save_wav(np.zeros(96_000, dtype=np.float32), tmp_path / "in.wav")
    check_laws(
        align_recording(tmp_path / "in.wav", text=SCRIPT, language="en", output=tmp_path / "o.wav", source="in.wav"),
        SCRIPT,
    )


@pytest.mark.parametrize("content", [b"", b"not a sound", b"#EXTM3U\n/etc/passwd\n"])
def test_what_is_no_sound_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "voice.mp3").write_bytes(content)
    with pytest.raises(SourceUnreadable) as caught:
        align_recording(
            tmp_path / "voice.mp3", text="Hi", language="en", output=tmp_path / "o.wav", source="my voice.mp3"
        )
    assert caught.value.source == "my voice.mp3"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
