"""OpenAI-compatible services and ElevenLabs, against a local server that speaks their protocols."""

import json
import pickle
import wave
from collections.abc import Generator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engines.audio.narration import HEAD_MS, TAIL_MS, Speaker, narrate
from engines.audio.voices.elevenlabs import ElevenLabsSpeaker
from engines.audio.voices.openai import KNOWN_VOICES, OpenAiSpeaker
from engines.audio.voices.web import SpeechService
from engines.errors import SpeechFailed, VoiceUnavailable
from models.audio import Speech
from models.voice import Pronunciation, Voice, VoiceProvider
from tests.speech_server import Failure, SpeechServer, spoken_words

KEY = "sk-very-secret-0123456789"
TEXT = "The Moon drifts away, slowly. Footprints outlast us!"


@pytest.fixture
def server() -> Generator[SpeechServer]:
    with SpeechServer(key=KEY) as running:
        yield running


def openai(server: SpeechServer, *, key: str = KEY, model: str = "tts-1", **limits: float) -> OpenAiSpeaker:
    headers = {"Authorization": f"Bearer {key}"}
    return OpenAiSpeaker(SpeechService("openai", f"{server.url}/v1", headers, key, **limits), model=model)


def elevenlabs(server: SpeechServer, *, key: str = KEY) -> ElevenLabsSpeaker:
    return ElevenLabsSpeaker(SpeechService("elevenlabs", server.url, {"xi-api-key": key}, key))


def say(speaker: Speaker, folder: Path, text: str = TEXT, **settings: object) -> tuple[Speech, np.ndarray]:
    output = folder / "speech.wav"
    voice = Voice(provider=VoiceProvider.OPENAI, **settings)
    speech = narrate(text, speaker=speaker, voice=voice, language="en-US", output=output)
    with wave.open(str(output)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768
    return speech, samples


def true_starts_ms(text: str, *, speed: float = 1.0) -> list[float]:
    words = spoken_words(text, speed=speed)
    return [1000 * (start_s - words[0][1]) + HEAD_MS for _, start_s, _ in words]


def errors_ms(speech: Speech, text: str, *, speed: float = 1.0) -> list[float]:
    assert [word.text for word in speech.words] == text.split()
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(speech.words))
    return [abs(w.start_ms - t) for w, t in zip(speech.words, true_starts_ms(text, speed=speed), strict=True)]


def test_an_openai_voice_is_aligned_by_its_pauses(server: SpeechServer, tmp_path: Path):
    speech, samples = say(openai(server), tmp_path, name="af_heart", rate=1.25)
    ((path, body),) = server.requests
    assert path == "POST /v1/audio/speech"
    assert body == {"model": "tts-1", "voice": "af_heart", "input": TEXT, "response_format": "wav", "speed": 1.25}
    assert speech.timing == "estimated"
    off = errors_ms(speech, TEXT, speed=1.25)
    assert max(off) < 180, "equal words are not what syllables say"
    assert off[4] < 25, "what follows a pause begins with its sound"
    assert off[5] < 25
    heard = np.flatnonzero(np.abs(samples) > 0.003)
    assert abs(heard[0] / 48 - HEAD_MS) < 6
    assert abs((len(samples) - heard[-1]) / 48 - TAIL_MS) < 30


def test_kokoro_tells_when_words_are_heard(tmp_path: Path):
    with SpeechServer(key=KEY, captioned=True) as server:
        speech, _ = say(openai(server, model="kokoro"), tmp_path, name="af_heart", rate=1.25)
        assert [path for path, _ in server.requests] == ["POST /dev/captioned_speech"]
        assert server.requests[0][1]["voice"] == "af_heart"
    assert speech.timing == "provider"
    assert max(errors_ms(speech, TEXT, speed=1.25)) < 15


def test_another_server_with_a_kokoro_model_is_asked_as_openai_is(server: SpeechServer, tmp_path: Path):
    speech, _ = say(openai(server, model="kokoro"), tmp_path)
    assert [path for path, _ in server.requests] == ["POST /dev/captioned_speech", "POST /v1/audio/speech"]
    assert speech.timing == "estimated"


def test_a_kokoro_server_that_refuses_is_not_asked_otherwise(tmp_path: Path):
    with SpeechServer(key=KEY, captioned=True) as server:
        server.failures.append(Failure(400, b'{"detail": {"message": "Voice robot not found"}}'))
        with pytest.raises(VoiceUnavailable, match="robot not found"):
            say(openai(server, model="kokoro"), tmp_path)
        server.failures.append(Failure(200, b'{"audio": 5}'))
        with pytest.raises(SpeechFailed, match="no sound in it"):
            say(openai(server, model="kokoro"), tmp_path)
        assert len(server.requests) == 2


def test_instructions_go_to_models_that_take_them(server: SpeechServer, tmp_path: Path):
    for model, taken in (("gpt-4o-mini-tts", "Whisper."), ("tts-1-hd", None)):
        say(replace(openai(server, model=model), instructions="Whisper."), tmp_path)
        assert server.requests[-1][1].get("instructions") == taken


def test_elevenlabs_times_words_by_their_characters(server: SpeechServer, tmp_path: Path):
    speech, _ = say(elevenlabs(server), tmp_path, name="a/b", rate=1.1)
    ((path, body),) = server.requests
    assert path == "POST /v1/text-to-speech/a%2Fb/with-timestamps?output_format=mp3_44100_128"
    assert body["voice_settings"]["speed"] == 1.1
    assert speech.timing == "provider"
    assert max(errors_ms(speech, TEXT, speed=1.1)) < 15


@pytest.mark.parametrize("rate", [0.5, 1.5])
def test_a_pace_that_the_service_does_not_offer_is_made_here(server: SpeechServer, tmp_path: Path, rate: float):
    speech, _ = say(elevenlabs(server), tmp_path, rate=rate)
    assert 0.7 <= server.requests[0][1]["voice_settings"]["speed"] <= 1.2
    assert max(errors_ms(speech, TEXT, speed=rate)) < 45


def test_pitch_changes_and_length_does_not(server: SpeechServer, tmp_path: Path):
    plain, low = say(openai(server), tmp_path)
    (tmp_path / "high").mkdir()
    raised, high = say(openai(server), tmp_path / "high", pitch=7)
    assert abs(plain.duration_ms - raised.duration_ms) < 60
    assert 6 < 12 * np.log2(pitch_hz(high) / pitch_hz(low)) < 8


def pitch_hz(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / 48_000)
    near = (frequencies > 120) & (frequencies < 300)
    return float(np.sum(frequencies[near] * power[near]) / np.sum(power[near]))


def test_captions_keep_what_is_written_and_the_voice_gets_what_is_said(server: SpeechServer, tmp_path: Path):
    text = "Our *SQL* beats [pause 600ms] NASA's 🚀 rockets."
    entries = (Pronunciation(written="SQL", spoken="sequel"), Pronunciation(written="nasa", spoken="nassa"))
    speech, samples = say(elevenlabs(server), tmp_path, text, pronunciations=entries)
    assert [body["text"] for _, body in server.requests] == ["Our sequel beats", "nassa's   rockets."]
    assert [word.text for word in speech.words] == ["Our", "SQL", "beats", "NASA's 🚀", "rockets."]
    silence_ms = silence_between(samples, speech.words[2].start_ms, speech.words[3].end_ms)
    assert abs(silence_ms - 600) < 25
    said = samples[speech.words[1].start_ms * 48 + 1500 : speech.words[1].end_ms * 48 - 1500]
    plain = samples[speech.words[0].start_ms * 48 + 1500 : speech.words[0].end_ms * 48 - 1500]
    assert 2.5 < 20 * np.log10(np.std(said) / np.std(plain)) < 4.5


def silence_between(samples: np.ndarray, start_ms: int, end_ms: int) -> float:
    loud = np.flatnonzero(np.abs(samples[start_ms * 48 : end_ms * 48]) > 0.003)
    return float(np.max(np.diff(loud))) / 48


def test_no_edge_or_join_clicks(server: SpeechServer, tmp_path: Path):
    _, samples = say(openai(server), tmp_path, "One two. [pause] Three, *four*. [pause 50ms] Five.")
    assert samples[0] == samples[-1] == 0
    step = np.abs(np.diff(samples, n=2))
    inside = np.sort(step)[-200]
    assert step.max() < 3 * inside


@pytest.mark.parametrize(
    ("failure", "is_passing", "said"),
    [
        (Failure(429, b"{}", {"Retry-After": "7"}), True, "429"),
        (Failure(500, b"<html>"), True, "500"),
        (Failure(503), True, "503"),
        (Failure(401, b'{"detail": {"status": "quota_exceeded", "message": "x"}}'), True, "quota_exceeded"),
        (Failure(200, b""), True, "no sound"),
        (Failure(200, b"not a sound at all"), True, "no sound"),
        (Failure(400, b'{"error": {"message": "unknown voice"}}'), False, "unknown voice"),
        (Failure(404, b"nothing"), False, "404"),
        (Failure(422, b'{"detail": [{"loc": ["voice"]}]}'), False, "voice"),
        (Failure(302, b"", {"Location": "/elsewhere"}), False, "302"),
    ],
)
def test_faults_are_told_apart(server: SpeechServer, tmp_path: Path, failure: Failure, is_passing: bool, said: str):
    server.failures.append(failure)
    with pytest.raises(SpeechFailed if is_passing else VoiceUnavailable, match=said) as caught:
        say(openai(server), tmp_path)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    if failure.status == 429:
        assert caught.value.retry_after_s == 7
    assert len(server.requests) == 1, "a redirect, which might lead elsewhere with the key, is not followed"


def test_a_wrong_key_is_the_operators_mistake_and_is_never_repeated(server: SpeechServer, tmp_path: Path):
    for speaker in (openai(server, key="sk-wrong-key"), elevenlabs(server, key="sk-wrong-key")):
        with pytest.raises(VoiceUnavailable, match="key") as caught:
            say(speaker, tmp_path)
        assert "sk-wrong" not in str(caught.value)
        assert "sk-wrong" not in repr(speaker)


def test_a_message_that_repeats_the_key_is_cleaned(server: SpeechServer, tmp_path: Path):
    server.failures.append(Failure(400, json.dumps({"error": {"message": f"bad {KEY}"}}).encode()))
    with pytest.raises(VoiceUnavailable) as caught:
        say(openai(server), tmp_path)
    assert KEY not in str(caught.value)


def test_answers_are_bounded(server: SpeechServer, tmp_path: Path):
    with pytest.raises(VoiceUnavailable, match="larger"):
        say(openai(server, most_bytes=1000), tmp_path)


def test_a_service_that_is_not_there_may_come_back(tmp_path: Path):
    with SpeechServer() as gone:
        speaker = openai(gone)
    with pytest.raises(SpeechFailed):
        say(speaker, tmp_path)


@pytest.mark.parametrize("body", [b"[]", b'{"audio_base64": "%%"}', b'{"audio_base64": ""}', b"{", b'{"alignment": 3}'])
def test_a_broken_answer_of_elevenlabs_may_pass(server: SpeechServer, tmp_path: Path, body: bytes):
    server.failures.append(Failure(200, body))
    with pytest.raises(SpeechFailed):
        say(elevenlabs(server), tmp_path)


def test_voices_are_listed(server: SpeechServer):
    assert [voice.name for voice in openai(server).voices()] == ["af_heart", "am_adam"]
    server.failures.append(Failure(404))
    assert [voice.name for voice in openai(server).voices()] == list(KNOWN_VOICES)
    rachel, pierre = elevenlabs(server).voices()
    assert (rachel.name, rachel.gender, rachel.language, rachel.description) == ("abc", "female", "en", "Rachel")
    assert pierre.language == "fr"
