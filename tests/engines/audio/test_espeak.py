import os
import pickle
import wave
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.audio import espeak_library
from engines.audio.espeak import synthesize
from engines.audio.espeak_voices import choose_voice, voices
from engines.audio.narration import HEAD_MS
from engines.errors import SpeechFailed, VoiceUnavailable
from models.audio import Speech
from models.voice import Voice

SENTENCE = "In 1969, NASA's Apollo 11 — a well-known 3.5-ton “craft” — landed! 🚀 One of the best."
VOICE = Voice()


def say(text: str, folder: Path, *, voice: Voice = VOICE, language: str = "en-US") -> tuple[Speech, np.ndarray, bytes]:
    output = folder / "speech.wav"
    speech = synthesize(text, voice=voice, language=language, output=output)
    with wave.open(os.fspath(output)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float) / 32_768
    return speech, samples, output.read_bytes()


def check_laws(speech: Speech, text: str) -> None:
    assert "".join("".join(word.text for word in speech.words).split()) == "".join(text.split())
    assert all(word.start_ms < word.end_ms <= speech.duration_ms for word in speech.words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(speech.words))


def level_db(samples: np.ndarray, start_ms: int, end_ms: int) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples[start_ms * 48 : end_ms * 48] ** 2)) + 1e-9))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.lists(st.sampled_from([*SENTENCE.split(), "😀", "of the", "$5.00", "e.g.", "...", "&"]), min_size=1).map(
            " ".join
        ),
        st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip())),
    ),
    language=st.sampled_from(["en-US", "de", "zh-CN", "ja", "ar", "th", "hi"]),
)
def test_every_written_word_is_timed_once_in_order_and_within_the_audio(
    tmp_path: Path, text: str, language: str
) -> None:
    speech, samples, _ = say(text, tmp_path, language=language)
    check_laws(speech, text)
    assert abs(speech.duration_ms - len(samples) / 48) < 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh-CN", "今天天气很好,我们去公园玩。1969年"),
        ("ja", "きょうはいいてんきです。とうきょうにいきましょう！"),
        ("th", "สวัสดีครับ ผมชื่อจอห์น"),
        ("ar", "مرحبا بالعالم، كيف حالك؟"),
        ("hi", "नमस्ते दुनिया कैसे हो"),
    ],
)
def test_scripts_of_the_world_are_spoken(tmp_path: Path, language: str, text: str) -> None:
    speech, samples, _ = say(text, tmp_path, language=language)
    check_laws(speech, text)
    assert len(speech.words) >= 2
    assert level_db(samples, 0, speech.duration_ms) > -35


def test_word_times_agree_with_the_sound(tmp_path: Path) -> None:
    speech, samples, _ = say("Stop. Look around. Then, quietly, go.", tmp_path)
    after_pause = [speech.words[index] for index in (0, 1, 3, 5)]
    for word in after_pause:  # each follows a pause: silence before it, sound within a frame after it starts
        assert level_db(samples, max(word.start_ms - 20, 0), word.start_ms) < -45
        assert level_db(samples, word.start_ms, word.start_ms + 33) > -45
    for word in speech.words:
        assert level_db(samples, word.start_ms, word.end_ms) > -30


def test_the_word_after_a_spelt_out_genitive_is_timed_by_the_voice(tmp_path: Path) -> None:
    plain = {word.text: word for word in say("NASA's car.", tmp_path)[0].words}
    assert plain["car."].start_ms - plain["NASA's"].start_ms > 200
    assert plain["car."].end_ms - plain["car."].start_ms > 200


def test_speech_starts_and_ends_close_to_the_edges_of_the_file(tmp_path: Path) -> None:
    speech, samples, _ = say("Bridge", tmp_path)
    heard = np.flatnonzero(np.abs(samples) > 0.005)
    assert abs(heard[0] / 48 - HEAD_MS) < 5
    assert speech.duration_ms - heard[-1] / 48 < 130
    assert -3.2 < 20 * np.log10(np.max(np.abs(samples))) <= -2.9


def test_the_same_text_gives_the_same_bytes_from_any_thread_in_any_order(tmp_path: Path) -> None:
    expected = {text: say(text, tmp_path)[2] for text in (SENTENCE, "Hello there.", "A third line, somewhat longer.")}

    def again(number: int) -> bool:
        folder = tmp_path / str(number)
        folder.mkdir()
        text = list(expected)[number % 3]
        return say(text, folder)[2] == expected[text]

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(again, range(18)))


@pytest.mark.parametrize("name", ["", "en-us+f2", "en-us+whisper", "en-us+caleb", "en-us+klatt", "en-us"])
def test_no_voice_depends_on_what_was_said_before(tmp_path: Path, name: str) -> None:
    expected = say("Hello there.", tmp_path, voice=Voice(name=name))[2]
    say("Something else, in between.", tmp_path, voice=Voice(name="de+f5"))
    assert say("Hello there.", tmp_path, voice=Voice(name=name))[2] == expected


def test_rate_and_pitch(tmp_path: Path) -> None:
    plain = say(SENTENCE, tmp_path)[0].duration_ms
    assert 0.45 < say(SENTENCE, tmp_path, voice=Voice(rate=2.0))[0].duration_ms / plain < 0.75
    assert say(SENTENCE, tmp_path, voice=Voice(rate=0.5))[0].duration_ms / plain > 1.6
    low, middle, high = (
        pitch_hz(say("No more, our mother now alone, you may never know.", tmp_path, voice=Voice(pitch=p))[1])
        for p in (-5, 0, 5)
    )
    assert 3 < 12 * np.log2(middle / low) < 7
    assert 3 < 12 * np.log2(high / middle) < 7


def pitch_hz(samples: np.ndarray) -> float:
    found = []
    for start in range(0, len(samples) - 4096, 2048):
        window = samples[start : start + 4096] * np.hanning(4096)
        correlation = np.fft.irfft(np.abs(np.fft.rfft(window, 8192)) ** 2)
        lag = 48_000 // 300 + int(correlation[48_000 // 300 : 48_000 // 55].argmax())
        if correlation[lag] > 0.5 * correlation[0] and correlation[0] > 1:
            found.append(48_000 / lag)
    return float(np.median(found))


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        ("", "en-US", "en-us"),
        ("", "en-AU", "en-gb"),
        ("", "pt-BR", "pt-br"),
        ("", "zh-Hant-TW", "cmn"),
        ("", "zh-HK", "yue"),
        ("", "no", "nb"),
        ("EN-GB", "de", "en-gb"),
        ("+F2", "de", "de+f2"),
    ],
)
def test_a_voice_is_found_for_a_language(name: str, language: str, expected: str) -> None:
    assert choose_voice(name, language=language).removesuffix("+Reed") == expected


@pytest.mark.parametrize(
    ("name", "language", "hint"),
    [("en-uss", "en", "en-us"), ("en-us+Anny", "en", "Annie"), ("", "xq", "no voice speaks")],
)
def test_an_unknown_voice_names_near_ones(tmp_path: Path, name: str, language: str, hint: str) -> None:
    with pytest.raises(VoiceUnavailable, match=hint) as caught:
        synthesize("Hello", voice=Voice(name=name), language=language, output=tmp_path / "x.wav")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_voices_are_listed_and_speak(tmp_path: Path) -> None:
    everyone = voices()
    assert len(everyone) > 100
    assert len({voice.name for voice in everyone}) == len(everyone)
    english = voices("en-US")
    assert {voice.gender for voice in english} >= {"male", "female"}
    for voice in (*everyone[::12], *english[::12]):
        assert say("One two", tmp_path, voice=Voice(name=voice.name))[0].duration_ms > 100


@pytest.mark.parametrize("text", ["🔥🔥", "...", "—"])
def test_a_text_with_nothing_to_say_is_a_short_silence(tmp_path: Path, text: str) -> None:
    speech, samples, _ = say(text, tmp_path)
    assert [(word.text, word.start_ms, word.end_ms) for word in speech.words] == [(text, 0, speech.duration_ms)]
    assert not samples.any()


def test_no_text_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SpeechFailed) as caught:
        say("  ", tmp_path)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_long_data_path_still_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 8)
    deep.mkdir(parents=True)
    (deep / "espeak-ng-data").symlink_to(espeakng_loader.get_data_path(), target_is_directory=True)
    expected = say("Hello", tmp_path)[2]
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: str(deep / "espeak-ng-data"))
    assert say("Hello", tmp_path)[2] == expected
    assert len(os.fsencode(espeak_library.data_path(deep / "espeak-ng-data"))) < 160


def test_missing_data_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voices()
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: str(tmp_path / "gone"))
    with pytest.raises(SpeechFailed, match="no data"):
        say("Hello", tmp_path)
