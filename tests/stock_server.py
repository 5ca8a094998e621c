"""A server that answers as the documents of Pexels, Pixabay and OpenAI's images API say, on the loopback interface.

Pexels (https://www.pexels.com/api/documentation/): the key in `Authorization`, `next_page` while there is more, rate
limit headers on successful answers only, with a time as reset. Pixabay (https://pixabay.com/api/docs/): the key in the
query, errors as plain text, at least 3 a page, rate limit headers with seconds as reset. OpenAI: a bearer token,
`b64_json` or `url`, errors as {"error": {…}}.
"""

import base64
import io
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

from tests.media import constant_rate, make_video

PEXELS_KEY, PIXABAY_KEY, IMAGE_KEY = "pexels-key-5f1c", "pixabay-key-77ab", "image-key-90d2"


def scenery(seed: int, width_px: int, height_px: int) -> Image.Image:
    """A picture of soft blotches, unlike that of any other seed."""
    small = np.random.default_rng(seed).integers(0, 255, (7, 5, 3), np.uint8)
    return Image.fromarray(small).resize((width_px, height_px), Image.Resampling.BICUBIC)


@dataclass
class Stock:
    """A picture or clip on offer; `look` is the seed of what it shows."""

    number: int
    words: str
    look: int
    width_px: int = 1080
    height_px: int = 1920
    duration_s: int = 0  # of a clip; 0 is a picture
    author: str = "Ada Author"

    @property
    def orientation(self) -> str:
        return "portrait" if self.height_px > self.width_px else "landscape"


@dataclass
class Reply:
    """What is answered instead of the real thing, once."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class StockServer:
    """All three services on one port: /pexels, /pixabay and /openai; their files are below /files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pexels: list[Stock] = []
        self.pixabay: list[Stock] = []
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.remaining: dict[str, int] = {}
        self.reset_s = 40
        self.image_answer = "b64_json"
        self.signature = "1"  # of the addresses of Pixabay's pictures, which run out
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.answer(self, {})

            def do_HEAD(self) -> None:
                outer.answer(self, {})

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                outer.answer(self, json.loads(self.rfile.read(length)))

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """The settings of an installation with keys for all of them."""
        return {
            "NEUROSHORTS_PEXELS_API_URL": f"{self.url}/pexels",
            "NEUROSHORTS_PEXELS_API_KEY": PEXELS_KEY,
            "NEUROSHORTS_PIXABAY_API_URL": f"{self.url}/pixabay/api",
            "NEUROSHORTS_PIXABAY_API_KEY": PIXABAY_KEY,
            "NEUROSHORTS_IMAGE_API_URL": f"{self.url}/openai/v1",
            "NEUROSHORTS_IMAGE_API_KEY": IMAGE_KEY,
            "NEUROSHORTS_ALLOW_PRIVATE_NETWORKS": "true",
        }

    def fail(self, service: str, *replies: Reply) -> None:
        """Answer the next requests to a service so."""
        self.replies.setdefault(service, []).extend(replies)

    def asked(self, part: str) -> list[str]:
        """The requests whose address has a part."""
        return [request for request in self.requests if part in request]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # --- answering ---------------------------------------------------------------------------------------------

    def answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        split = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        self.requests.append(f"{handler.command} {handler.path}")
        service = split.path.split("/")[1]
        if self.replies.get(service):
            self._send(handler, self.replies[service].pop(0))
        elif service == "pexels":
            self._send(handler, self._pexels(split.path, query, handler.headers.get("Authorization", "")))
        elif service == "pixabay":
            self._send(handler, self._pixabay(split.path, query))
        elif service == "openai":
            self.bodies.append(body)
            self._send(handler, self._openai(split.path, body, handler.headers.get("Authorization", "")))
        else:
            self._send(handler, self._file(split.path, query))

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.send_response(reply.status)
        handler.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(reply.body)

    def _limits(self, service: str, reset: int) -> dict[str, str]:
        left = self.remaining.get(service, 100)
        return {"X-Ratelimit-Limit": "200", "X-Ratelimit-Remaining": str(left), "X-Ratelimit-Reset": str(reset)}

    def _json(self, data: object, headers: dict[str, str]) -> Reply:
        return Reply(200, json.dumps(data).encode(), {"Content-Type": "application/json", **headers})

    # --- Pexels ------------------------------------------------------------------------------------------------

    def _pexels(self, path: str, query: dict[str, str], key: str) -> Reply:
        if key != PEXELS_KEY:
            return Reply(401, json.dumps({"error": f"Unauthorized: {key}"}).encode())
        is_video = path.startswith("/pexels/videos/")
        one = path.rsplit("/", 1)[1]
        items = [item for item in self.pexels if bool(item.duration_s) == is_video]
        if one != "search":
            found = [item for item in items if str(item.number) == one]
            if not found:
                return Reply(404, json.dumps({"error": "Not Found"}).encode())
            return self._json(self._pexels_item(found[0]), self._limits("pexels", int(time.time()) + self.reset_s))
        page, per_page = int(query.get("page", 1)), min(80, int(query.get("per_page", 15)))
        items = [item for item in items if _fits(item, query["query"])]
        if orientation := query.get("orientation"):
            items = [item for item in items if item.orientation == orientation]
        shown = items[(page - 1) * per_page : page * per_page]
        data: dict[str, Any] = {"page": page, "per_page": per_page, "total_results": len(items), "url": "https://x"}
        if page * per_page < len(items):
            data["next_page"] = f"{self.url}{path}?page={page + 1}"
        data["videos" if is_video else "photos"] = [self._pexels_item(item) for item in shown]
        return self._json(data, self._limits("pexels", int(time.time()) + self.reset_s))

    def _pexels_item(self, item: Stock) -> dict[str, Any]:
        files = f"{self.url}/files/pexels/{item.number}"
        common = {"id": item.number, "width": item.width_px, "height": item.height_px}
        if not item.duration_s:
            sizes = ("original", "large2x", "large", "medium", "small", "portrait", "landscape", "tiny")
            return {
                **common,
                "url": f"https://www.pexels.com/photo/{item.number}/",
                "photographer": item.author,
                "photographer_url": "https://www.pexels.com/@ada",
                "photographer_id": 7,
                "avg_color": "#978E82",
                "liked": False,
                "alt": item.words,
                "src": {size: f"{files}/{size}.jpg" for size in sizes},
            }
        scaled = [(item.width_px // part, item.height_px // part) for part in (1, 2, 3)]
        return {
            **common,
            "url": f"https://www.pexels.com/video/{item.number}/",
            "image": f"{files}/poster.jpg",
            "full_res": None,
            "tags": [],
            "duration": item.duration_s,
            "user": {"id": 7, "name": item.author, "url": "https://www.pexels.com/@ada"},
            "video_files": [
                {"id": 1, "quality": "hls", "file_type": "application/vnd.apple.mpegurl", "width": None,
                 "height": None, "fps": None, "link": f"{files}/list.m3u8"},
                *(
                    {"id": 2, "quality": "hd", "file_type": "video/mp4", "width": width, "height": height,
                     "fps": 30.0, "link": f"{files}/{width}x{height}.mp4"}
                    for width, height in scaled
                ),
            ],
            "video_pictures": [{"id": 1, "picture": f"{files}/poster.jpg", "nr": 0}],
        }  # fmt: skip

    # --- Pixabay -----------------------------------------------------------------------------------------------

    def _pixabay(self, path: str, query: dict[str, str]) -> Reply:
        limits = self._limits("pixabay", self.reset_s)
        if query.get("key") != PIXABAY_KEY:
            return Reply(400, b"[ERROR 400] Invalid or missing API key (https://pixabay.com/api/docs/).", limits)
        per_page = int(query.get("per_page", 20))
        if not 3 <= per_page <= 200:
            return Reply(400, b'[ERROR 400] "per_page" is out of valid range.', limits)
        is_video = path == "/pixabay/api/videos/"
        items = [item for item in self.pixabay if bool(item.duration_s) == is_video]
        if number := query.get("id"):
            items = [item for item in items if str(item.number) == number]
        else:
            items = [item for item in items if _fits(item, query["q"])]
        wanted = {"vertical": "portrait", "horizontal": "landscape"}.get(query.get("orientation", "all"))
        items = [item for item in items if is_video or wanted in (None, item.orientation)]
        page = int(query.get("page", 1))
        shown = items[(page - 1) * per_page : page * per_page]
        hits = [self._pixabay_item(item) for item in shown]
        return self._json({"total": len(items), "totalHits": len(items), "hits": hits}, limits)

    def _pixabay_item(self, item: Stock) -> dict[str, Any]:
        files, signed = f"{self.url}/files/pixabay/{item.number}", f"signature={self.signature}"
        common = {
            "id": item.number, "tags": item.words, "user_id": 9, "user": item.author, "userImageURL": "", "views": 1,
            "downloads": 1, "likes": 1, "comments": 0, "pageURL": f"https://pixabay.com/x/id-{item.number}/",
        }  # fmt: skip
        if not item.duration_s:
            return {
                **common,
                "type": "photo",
                "previewURL": f"{files}/tiny.jpg",
                "webformatURL": f"{files}/640.jpg?{signed}",
                "largeImageURL": f"{files}/1280.jpg?{signed}",
                "imageWidth": item.width_px,
                "imageHeight": item.height_px,
                "imageSize": 1000,
            }
        sizes = {"large": 0, "medium": 1, "small": 2, "tiny": 3}
        return {
            **common,
            "type": "film",
            "duration": item.duration_s,
            "videos": {
                name: {
                    "url": f"{files}/{item.width_px // part}x{item.height_px // part}.mp4" if part else "",
                    "width": item.width_px // part if part else 0,
                    "height": item.height_px // part if part else 0,
                    "size": 1000 if part else 0,
                    "thumbnail": f"{files}/poster.jpg" if part else "",
                }
                for name, part in sizes.items()
            },
        }

    # --- OpenAI ------------------------------------------------------------------------------------------------

    def _openai(self, path: str, body: dict[str, Any], key: str) -> Reply:
        if path != "/openai/v1/images/generations":
            return Reply(404, json.dumps({"error": {"message": "Unknown request URL"}}).encode())
        if key != f"Bearer {IMAGE_KEY}":
            message = f"Incorrect API key provided: {key}."
            return Reply(401, json.dumps({"error": {"message": message, "code": "invalid_api_key"}}).encode())
        if "response_format" in body:
            return Reply(400, json.dumps({"error": {"message": "Unknown parameter: 'response_format'."}}).encode())
        picture = _png(sum(map(ord, body["prompt"])))
        if self.image_answer == "url":
            (self.folder / "made.png").write_bytes(picture)
            data = {"url": f"{self.url}/files/made.png?signature=secret", "revised_prompt": body["prompt"]}
        else:
            data = {"b64_json": base64.b64encode(picture).decode()}
        return self._json({"created": 1, "data": [data]}, {})

    # --- files -------------------------------------------------------------------------------------------------

    def _file(self, path: str, query: dict[str, str]) -> Reply:
        if path == "/files/made.png":
            return Reply(200, (self.folder / "made.png").read_bytes())
        _, _, service, number, name = path.split("/")
        items = self.pexels if service == "pexels" else self.pixabay
        item = next((item for item in items if str(item.number) == number), None)
        if item is None:
            return Reply(404)
        if query.get("signature", self.signature) != self.signature:
            return Reply(403, b"expired")
        return Reply(200, media_of(item, name, self.folder), {"ETag": f'"{service}-{number}-{name}"'})


def _fits(item: Stock, query: str) -> bool:
    return all(word in item.words.lower() for word in query.lower().split())


def _png(seed: int) -> bytes:
    target = io.BytesIO()
    scenery(seed, 256, 384).save(target, "PNG")
    return target.getvalue()


def media_of(item: Stock, name: str, folder: Path) -> bytes:
    """A file of an item: small, whatever size it is said to have."""
    small_px = (90, 160) if item.orientation == "portrait" else (160, 90)
    if not name.endswith(".mp4"):
        target = io.BytesIO()
        scenery(item.look, *small_px).save(target, "JPEG", quality=80)
        return target.getvalue()
    path = folder / f"{item.look}-{item.duration_s}-{item.orientation}.mp4"
    if not path.exists():
        picture = np.asarray(scenery(item.look, *small_px))
        times_ms = constant_rate(item.duration_s * 5, 5)
        make_video(path, pts_ms=times_ms, pictures=[picture] * len(times_ms), size=small_px)
    return path.read_bytes()
