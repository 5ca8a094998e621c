"""Edge's voices by the edge-tts library, against a local web socket that answers as the service does."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from engines.audio.narration import HEAD_MS, narrate
from engines.audio.voices.edge import EdgeSpeaker
from engines.errors import SpeechFailed, VoiceUnavailable
from models.audio import Speech
from models.voice import Voice, VoiceProvider
from tests.blocks.test_web import self_signed
from tests.edge_server import HOST, Asked, EdgeServer
from tests.speech_server import spoken_words

TEXT = 'The Moon\'s "far side" drifts away; R&D says so. Goodbye!'


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for the service's name, which the library trusts from now on besides its own."""
    from edge_tts import communicate, voices

    paths = self_signed(HOST, tmp_path_factory.mktemp("certificate"))
    for module in (communicate, voices):
        module._SSL_CTX.load_verify_locations(paths[0])
    return paths


@pytest.fixture
def server(trusted: tuple[Path, Path], tmp_path: Path) -> Generator[EdgeServer]:
    folder = tmp_path / "edge"
    folder.mkdir()
    with EdgeServer(folder, certificate=trusted[0], key=trusted[1]) as running:
        yield running


def say(server: EdgeServer, folder: Path, text: str = TEXT, *, language: str = "en-US", **settings: object) -> Speech:
    speaker = EdgeSpeaker(proxy=server.proxy, timeout_s=120)
    voice = Voice(provider=VoiceProvider.EDGE, **settings)
    return narrate(text, speaker=speaker, voice=voice, language=language, output=folder / "speech.wav")


def test_words_are_timed_by_the_service(server: EdgeServer, tmp_path: Path):
    speech = say(server, tmp_path, name="en-GB-SoniaNeural", rate=1.2)
    full = "Microsoft Server Speech Text to Speech Voice (en-GB, SoniaNeural)"
    assert server.asked == [Asked(full, "+20%", TEXT, with_words=True)]
    assert server.tunnels == [f"{HOST}:443"]
    assert speech.timing == "provider"
    assert [word.text for word in speech.words] == TEXT.split()
    words = spoken_words(TEXT)
    true_ms = [1000 * (start_s - words[0][1]) + HEAD_MS for _, start_s, _ in words]
    off = np.abs([word.start_ms - at_ms for word, at_ms in zip(speech.words, true_ms, strict=True)])
    assert off.max() < 30


def test_a_voice_is_found_for_a_language(server: EdgeServer, tmp_path: Path):
    say(server, tmp_path, "Hallo.", language="de-AT")
    say(server, tmp_path, "Habari.", language="sw")
    assert ["KatjaNeural" in server.asked[0].voice, "RafikiNeural" in server.asked[1].voice] == [True, True]
    with pytest.raises(VoiceUnavailable, match="speaks this language"):
        say(server, tmp_path, "x", language="tlh")


def test_voices_are_listed(server: EdgeServer):
    voices = EdgeSpeaker(proxy=server.proxy).voices()
    assert [(voice.name, voice.language, voice.gender) for voice in voices] == [
        ("en-US-AriaNeural", "en-us", "female"),
        ("sw-KE-RafikiNeural", "sw-ke", "male"),
        ("de-DE-KatjaNeural", "de-de", "female"),
    ]


@pytest.mark.parametrize("name", ["nonsense", "en-US-x'/><audio src='y'/>Neural"])
def test_a_name_that_cannot_be_a_voices_is_refused_without_a_call(server: EdgeServer, tmp_path: Path, name: str):
    with pytest.raises(VoiceUnavailable, match="neuroshorts voices"):
        say(server, tmp_path, name=name)
    assert server.asked == []


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_refused_connection_may_pass(server: EdgeServer, tmp_path: Path, status: int):
    server.status, server.headers = status, {"Retry-After": "9"}
    with pytest.raises(SpeechFailed, match=str(status)) as caught:
        say(server, tmp_path)
    assert caught.value.retry_after_s == 9


def test_no_sound_may_pass(server: EdgeServer, tmp_path: Path):
    server.is_silent = True
    with pytest.raises(SpeechFailed, match="No audio"):
        say(server, tmp_path)


def test_a_service_that_stalls_is_left(server: EdgeServer, tmp_path: Path):
    server.stalls = True
    speaker = EdgeSpeaker(proxy=server.proxy, timeout_s=0.7)
    with pytest.raises(SpeechFailed, match=r"0\.7 s"):
        narrate("Hi", speaker=speaker, voice=Voice(), language="en", output=tmp_path / "x.wav")


def test_a_proxy_that_is_gone_may_come_back(tmp_path: Path):
    speaker = EdgeSpeaker(proxy="http://127.0.0.1:9")
    with pytest.raises(SpeechFailed):
        narrate("Hi", speaker=speaker, voice=Voice(), language="en", output=tmp_path / "x.wav")
