"""Whole renders with voices that are outside services: saved blocks, caching, secrets, stand-ins, one recording."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blocks.voices import OpenAiVoice
from engines.audio.espeak import synthesize
from engines.audio.pcm import load_wav, samples_of, save_wav
from engines.errors import RenderFailed
from models.report import RenderReport
from models.voice import Voice
from tests.conftest import Page
from tests.flows.studio import Studio, worked
from tests.piper_model import build_piper_voice
from tests.speech_server import SpeechServer

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def server() -> Generator[SpeechServer]:
    with SpeechServer(key=KEY) as running:
        yield running


def save_block(server: SpeechServer, name: str, **fields: Any) -> None:
    OpenAiVoice(base_url=f"{server.url}/v1", **{"api_key": KEY, "model": "tts-1", **fields}).save(name, overwrite=True)


def spec(block: str, *texts: str, **voice: Any) -> dict[str, Any]:
    return {
        "title": "Voices",
        "quality": "draft",
        "canvas": {"preset": "square"},
        "voice": {"provider": "openai", "block": block, **voice},
        "scenes": [{"narration": text, "visual": "color:#204060"} for text in texts],
    }


def spoken(report: RenderReport) -> set[str]:
    return {name for name in worked(report) if name.startswith("synthesize")}


def test_a_saved_block_speaks_and_its_key_stays_with_it(studio: Studio, server: SpeechServer):
    save_block(server, "cached-test")
    wanted = spec("cached-test", "Hello there.", "And goodbye, [pause 200ms] *again*.", name="af_heart")
    report = studio.render(wanted)
    assert [(each.scene, each.speaker, each.timing, each.stands_in_for) for each in report.narrations] == [
        (1, "openai:af_heart", "estimated", None),
        (2, "openai:af_heart", "estimated", None),
    ]
    (service,) = report.services
    assert (service.name, service.calls, service.failures) == ("voice:openai:cached-test", 3, 0)
    captions = (studio.output / "voices" / "captions.srt").read_text()
    assert "again" in captions
    assert "pause" not in captions
    assert "*" not in captions

    save_block(server, "cached-test", timeout_s=30)
    assert worked(studio.render({**wanted, "voice": {**wanted["voice"], "fallback": ["espeak"]}})) <= {"publish"}
    assert len(server.requests) == 3, "what does not change the sound does not make it anew"
    save_block(server, "cached-test", instructions="Whisper.")
    assert len(spoken(studio.render(wanted))) == 2
    kept = [path for path in studio.root.rglob("*") if path.is_file()]
    assert len(kept) > 10
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]


def test_another_voice_stands_in_while_one_is_down(studio: Studio, server: SpeechServer):
    save_block(server, "down-test")
    wanted = spec("down-test", "Hello there.", fallback=["espeak"])
    server.is_down = True
    report = studio.render(wanted)
    (line,) = report.narrations
    assert (line.speaker, line.timing, line.stands_in_for) == ("espeak", "provider", "openai")
    assert len(server.requests) == 4, "asked as often as any step is tried"
    (service,) = report.services
    assert (service.calls, service.failures) == (4, 4)
    server.is_down = False
    again = studio.render(wanted)
    assert [line.stands_in_for for line in again.narrations] == [None], "the first voice is asked again"
    espeak = studio.render(spec("", "Hello there.") | {"voice": {}})
    assert spoken(espeak) == set(), "what the stand-in said is kept as its own"


def test_a_wrong_key_fails_at_once_and_nobody_stands_in(studio: Studio, server: SpeechServer):
    save_block(server, "key-test", api_key="sk-wrong")
    with pytest.raises(RenderFailed, match=r"scene 1: voice 'openai'.*401") as caught:
        studio.render(spec("key-test", "Hello there.", fallback=["espeak"]))
    assert "sk-wrong" not in str(caught.value)
    assert len(server.requests) == 1


def test_an_unknown_block_is_named(studio: Studio):
    with pytest.raises(RenderFailed, match="no block of this name and the type neuroshorts-openai-voice"):
        studio.render(spec("nobody-saved-this", "Hello there."))


def test_keys_may_come_from_the_environment(studio: Studio, server: SpeechServer):
    environment = {"NEUROSHORTS_OPENAI_URL": f"{server.url}/v1", "NEUROSHORTS_OPENAI_API_KEY": KEY}
    report = studio.render(spec("", "Hello there."), **environment)
    assert [service.name for service in report.services] == ["voice:openai"]


def test_one_recording_is_split_over_the_scenes(studio: Studio, tmp_path: Path):
    texts = ("The first scene begins here.", "Now comes the second, which is longer!", "And a third.")
    pieces, starts_s = [np.zeros(14_400, dtype=np.float32)], []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.wav"
        synthesize(text, voice=Voice(), language="en-US", output=path)
        starts_s.append(sum(map(len, pieces)) / 48_000)
        pieces += [samples_of(load_wav(path)), np.zeros(24_000, dtype=np.float32)]
    save_wav(np.concatenate(pieces), studio.root / "voice.wav")
    wanted = spec("", texts[0], texts[1], texts[2])
    wanted["scenes"].insert(1, {"visual": "color:#602040", "min_duration_ms": 400})
    report = studio.render({**wanted, "voice": {}, "voice_over": "voice.wav"})
    assert [(line.scene, line.speaker, line.timing) for line in report.narrations] == [
        (1, "recording", "estimated"),
        (3, "recording", "estimated"),
        (4, "recording", "estimated"),
    ]
    assert "split_voice_over" in worked(report)
    total_ms = sum(map(len, pieces)) / 48 + 400
    assert abs(report.video.duration_ms - total_ms) < 4 * 34, "the timeline's pauses are taken from the speaker's"


def test_a_model_by_path_or_address_is_fetched_once_and_again_when_it_changes(studio: Studio, web: Any):
    folder = studio.root / "models"
    folder.mkdir()
    model = build_piper_voice(folder)
    wanted = spec("", "Hello there.") | {"voice": {"provider": "piper", "name": "models/tiny.onnx"}}
    report = studio.render(wanted)
    assert [(line.speaker, line.timing) for line in report.narrations] == [(f"piper:{model}", "estimated")]
    assert spoken(studio.render(wanted)) == set()
    build_piper_voice(folder, tells_durations=True)
    assert [line.timing for line in studio.render(wanted).narrations] == ["provider"]

    for path in (model, model.with_name(f"{model.name}.json")):
        web.page(f"/{path.name}", path.read_bytes(), headers={"ETag": '"1"'})
    address = f"{web.url}/tiny.onnx"
    wanted["voice"]["name"] = address
    private = {"NEUROSHORTS_ALLOW_PRIVATE_NETWORKS": "true"}
    assert [line.timing for line in studio.render(wanted, **private).narrations] == ["provider"]
    assert web.gets() == 2
    assert spoken(studio.render(wanted, **private)) == set()
    assert web.gets() == 2
    with pytest.raises(RenderFailed, match="public"):
        studio.render(wanted | {"title": "Guarded"})
    web.pages = {f"/{path}": Page(status=503) for path in ("tiny.onnx", "tiny.onnx.json")}
    other = wanted | {"scenes": [{"narration": "Something new.", "visual": "color:#204060"}]}
    assert [line.timing for line in studio.render(other, **private).narrations] == ["provider"], "the copy fetched last"


def test_a_model_that_is_not_there_is_the_users_mistake(studio: Studio):
    wanted = spec("", "Hello there.") | {"voice": {"provider": "piper", "name": "models/gone"}}
    with pytest.raises(RenderFailed, match=r"scene 1: .*gone\.onnx: not found"):
        studio.render(wanted)
