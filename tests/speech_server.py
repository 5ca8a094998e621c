"""A speech service on the loopback interface that answers as OpenAI's and ElevenLabs' documents say."""

import base64
import io
import json
import threading
import wave
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import numpy as np

RATE_HZ = 24_000
WORD_MS, GAP_MS, PAUSE_MS, LEAD_MS = 220, 30, 300, 120


@dataclass
class Failure:
    """What is answered instead of sound."""

    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


def spoken_words(text: str, *, speed: float = 1.0) -> list[tuple[str, float, float]]:
    """Return each word with its start and end in seconds: a steady pace, and a pause after punctuation."""
    time_ms, words = float(LEAD_MS), []
    for word in text.split():
        words.append((word, time_ms / 1000, (time_ms + WORD_MS / speed) / 1000))
        time_ms += (WORD_MS + (PAUSE_MS if word[-1] in ".,;:!?" else GAP_MS)) / speed
    return words


def say(text: str, *, speed: float = 1.0) -> bytes:
    """Return a WAV file in which every word is a buzz, with silence before and after."""
    words = spoken_words(text, speed=speed)
    samples = np.zeros(int((words[-1][2] + 0.4) * RATE_HZ))
    for number, (_, start_s, end_s) in enumerate(words):
        first, last = int(start_s * RATE_HZ), int(end_s * RATE_HZ)
        time = np.arange(last - first) / RATE_HZ
        envelope = np.minimum(1, np.minimum(time, time[::-1]) / 0.015)
        tone = sum(np.sin(2 * np.pi * (150 + 10 * (number % 3)) * k * time) / k for k in range(1, 12))
        samples[first:last] = 0.2 * tone * envelope
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return target.getvalue()


class SpeechServer:
    """Answers `POST /v1/audio/speech` and `POST /v1/text-to-speech/…/with-timestamps`; failures come first.

    One that is `captioned` answers `POST /dev/captioned_speech`, too, as Kokoro-FastAPI does.
    """

    def __init__(self, *, key: str = "", captioned: bool = False) -> None:
        self.key, self.captioned = key, captioned
        self.failures: list[Failure] = []
        self.is_down = False
        self.requests: list[tuple[str, dict[str, Any]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.answer(self, json.loads(body))

            def do_GET(self) -> None:
                outer.answer(self, {})

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        self.requests.append((f"{handler.command} {handler.path}", body))
        shown = handler.headers.get("xi-api-key") or handler.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.is_down:
            self._send(handler, Failure(503))
        elif self.failures:
            self._send(handler, self.failures.pop(0))
        elif self.key and shown != self.key:
            told = json.dumps({"error": {"message": f"Incorrect API key provided: {shown}", "code": "invalid_api_key"}})
            self._send(handler, Failure(401, told.encode()))
        elif handler.command == "GET":
            self._list(handler)
        elif handler.path == "/v1/audio/speech":
            sound = say(body["input"], speed=body.get("speed", 1.0))
            self._send(handler, Failure(200, sound, {"Content-Type": "audio/wav"}))
        elif handler.path == "/dev/captioned_speech" and self.captioned:
            self._send(handler, Failure(200, _captioned(body), {"Content-Type": "application/json"}))
        elif "/with-timestamps" in handler.path:
            self._send(handler, Failure(200, _with_timestamps(body), {"Content-Type": "application/json"}))
        else:
            self._send(handler, Failure(404))

    def _list(self, handler: BaseHTTPRequestHandler) -> None:
        listed: dict[str, Any] = {
            "/v1/audio/voices": {"voices": ["af_heart", "am_adam"]},
            "/v1/voices": {
                "voices": [
                    {"voice_id": "abc", "name": "Rachel", "labels": {"gender": "female", "language": "en"}},
                    {"voice_id": "def", "name": "Pierre", "labels": {"gender": "male", "language": "fr"}},
                ]
            },
        }
        found = listed.get(handler.path)
        self._send(handler, Failure(404) if found is None else Failure(200, json.dumps(found).encode()))

    def _send(self, handler: BaseHTTPRequestHandler, answer: Failure) -> None:
        handler.send_response(answer.status)
        handler.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.body)


def _with_timestamps(body: dict[str, Any]) -> bytes:
    text, speed = body["text"], body["voice_settings"]["speed"]
    words = spoken_words(text, speed=speed)
    characters, starts, ends = [], [], []
    for word, start_s, end_s in words:
        step_s = (end_s - start_s) / len(word)
        if characters:
            characters.append(" ")
            starts.append(ends[-1])
            ends.append(start_s)
        characters += list(word)
        starts += [start_s + step_s * index for index in range(len(word))]
        ends += [start_s + step_s * (index + 1) for index in range(len(word))]
    alignment = {
        "characters": characters,
        "character_start_times_seconds": starts,
        "character_end_times_seconds": ends,
    }
    sound = base64.b64encode(say(text, speed=speed)).decode()
    return json.dumps({"audio_base64": sound, "alignment": alignment, "normalized_alignment": alignment}).encode()


def _captioned(body: dict[str, Any]) -> bytes:
    """Times of words, punctuation as a word of its own, without what only prompts a streamed answer."""
    assert body["stream"] is False
    assert body["return_timestamps"] is True
    text, speed = body["input"], body.get("speed", 1.0)
    stamps = []
    for word, start_s, end_s in spoken_words(text, speed=speed):
        bare = word.rstrip(".,;:!?")
        stamps.append({"word": bare, "start_time": start_s, "end_time": end_s})
        if bare != word:
            stamps.append({"word": word[len(bare) :], "start_time": end_s, "end_time": end_s})
    sound = base64.b64encode(say(text, speed=speed)).decode()
    return json.dumps({"audio": sound, "audio_format": "audio/wav", "timestamps": stamps}).encode()
