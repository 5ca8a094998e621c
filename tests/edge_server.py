"""A server that speaks the protocol of Edge's "read aloud", behind a proxy that leads every name to it.

The library connects to one address, by TLS. It is reached as from a company's network: through an HTTP proxy, which is
given by a setting of the voice. The proxy's tunnel ends at a server of this process, whose certificate the test trusts.
"""

import asyncio
import json
import re
import ssl
import threading
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, Self

from aiohttp import WSMsgType, web

from engines import ffmpeg
from tests.speech_server import say, spoken_words

HOST = "speech.platform.bing.com"
_TEXT = re.compile(
    r"<voice name='([^']*)'><prosody pitch='([^']*)' rate='([^']*)' volume='[^']*'>(.*)</prosody>", re.DOTALL
)


@dataclass(frozen=True)
class Asked:
    """What one connection asked for."""

    voice: str
    rate: str
    text: str
    with_words: bool


class EdgeServer:
    """Answers as the service does: turn.start, audio in pieces, a boundary for each word, turn.end."""

    def __init__(self, folder: Path, *, certificate: Path, key: Path) -> None:
        self.folder = folder
        self.asked: list[Asked] = []
        self.status = 101  # anything else refuses the connection
        self.headers: dict[str, str] = {}
        self.is_silent = False
        self.stalls = False
        self.tunnels: list[str] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.proxy = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/consumer/speech/synthesize/readaloud/edge/v1", self._speak)
        app.router.add_get("/consumer/speech/synthesize/readaloud/voices/list", self._list)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._tunnel = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.proxy = f"http://127.0.0.1:{self._tunnel.sockets[0].getsockname()[1]}"

    async def _stop(self) -> None:
        self._tunnel.close()
        await self._runner.cleanup()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.tunnels.append(head.split()[1].decode())
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))

    async def _list(self, request: web.Request) -> web.Response:
        voices = [
            ("en-US-AriaNeural", "Female", "en-US"),
            ("sw-KE-RafikiNeural", "Male", "sw-KE"),
            ("de-DE-KatjaNeural", "Female", "de-DE"),
        ]
        fields = ("Name", "ShortName", "FriendlyName", "Gender", "Locale")
        return web.json_response([dict(zip(fields, (each[0], each[0], *each), strict=True)) for each in voices])

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        assert "TrustedClientToken" in request.query
        assert "Sec-MS-GEC" in request.query
        if self.status != 101:
            return web.Response(status=self.status, headers=self.headers)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        with_words = False
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            headers, _, body = message.data.partition("\r\n\r\n")
            if "Path:speech.config" in headers:
                options = json.loads(body)["context"]["synthesis"]["audio"]
                assert options["outputFormat"] == "audio-24khz-48kbitrate-mono-mp3"
                with_words = options["metadataoptions"]["wordBoundaryEnabled"] == "true"
            elif "Path:ssml" in headers:
                await self._answer(socket, body, with_words)
        return socket

    async def _answer(self, socket: web.WebSocketResponse, ssml: str, with_words: bool) -> None:
        found = _TEXT.search(ssml)
        assert found
        text = unescape(found[4])
        self.asked.append(Asked(found[1], found[3], text, with_words))
        await socket.send_str(_message("turn.start", {"context": {"serviceTag": "x"}}))
        if self.stalls:
            return
        if not self.is_silent:
            sound = self._mp3(text)
            for start in range(0, len(sound), 720):
                await socket.send_bytes(_sound(sound[start : start + 720]))
            for word, start_s, end_s in spoken_words(text):
                spoken = word.strip(".,!?;:\"'")
                if spoken and with_words:
                    await socket.send_str(_message("audio.metadata", _boundary(spoken, start_s, end_s)))
        await socket.send_str(_message("turn.end", {}))

    def _mp3(self, text: str) -> bytes:
        wav, mp3 = self.folder / f"{len(self.asked)}.wav", self.folder / f"{len(self.asked)}.mp3"
        wav.write_bytes(say(text))
        options = ("-c:a", "libmp3lame", "-b:a", "48k", "-write_xing", "0")
        ffmpeg.run(("-y", "-i", str(wav), *options, str(mp3)), timeout_s=30)
        return mp3.read_bytes()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


def _message(path: str, body: dict[str, Any]) -> str:
    kind = "Content-Type:application/json; charset=utf-8"
    return f"X-RequestId:0\r\n{kind}\r\nPath:{path}\r\n\r\n{json.dumps(body)}"


def _boundary(word: str, start_s: float, end_s: float) -> dict[str, Any]:
    text = {"Text": word, "Length": len(word), "BoundaryType": "WordBoundary"}
    ticks = round(start_s * 1e7), round((end_s - start_s) * 1e7)
    return {"Metadata": [{"Type": "WordBoundary", "Data": {"Offset": ticks[0], "Duration": ticks[1], "text": text}}]}


def _sound(data: bytes) -> bytes:
    head = b"X-RequestId:0\r\nContent-Type:audio/mpeg\r\nX-StreamId:0\r\nPath:audio\r\n"
    return len(head).to_bytes(2, "big") + head + data
