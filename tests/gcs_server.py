"""A small server that speaks what fsspec's driver uses of Google Cloud Storage's JSON API, and gives out tokens."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

BUCKET = "films"
_OBJECT = re.compile(r"^(?:/download)?/storage/v1/b/([^/]+)/o/(.+)$")


class GcsServer:
    """One bucket. Every request but that for a token needs the token."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[int, bytes]] = {}
        self.told: dict[str, dict[str, Any]] = {}  # what is said of each object: its type, caching, metadata
        self._uploads: dict[str, tuple[dict[str, Any], bytearray]] = {}
        self.ranges: list[str | None] = []
        self._lock, self._generation = threading.Lock(), 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.get(self)

            def do_POST(self) -> None:
                outer.post(self)

            def do_DELETE(self) -> None:
                found = _OBJECT.match(urlsplit(self.path).path)
                gone = found is not None and outer.objects.pop(unquote(found[2]), None) is not None
                outer.send(self, 204 if gone else 404, b"")

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def get(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        if "X-Goog-Signature=" in url.query:
            name = unquote(url.path).removeprefix(f"/{BUCKET}/")
            self.send(handler, 200 if name in self.objects else 404, self.objects.get(name, (0, b""))[1])
        elif "Bearer good" not in handler.headers.get("Authorization", ""):
            self.send(handler, 403, b"{}")
        elif found := _OBJECT.match(url.path):
            self._object(handler, unquote(found[2]), is_media=url.path.startswith("/download"))
        elif url.path == f"/storage/v1/b/{BUCKET}/o":
            self.answer(handler, self._listing(parse_qs(url.query)))
        else:
            self.send(handler, 404, b'{"error": {"code": 404, "message": "Not Found"}}')

    def post(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        url = urlsplit(handler.path)
        if url.path == "/token":
            self.answer(handler, {"access_token": "good", "expires_in": 3600, "token_type": "Bearer"})
            return
        query = parse_qs(url.query)
        if "upload_id" in query:
            self._part(handler, query["upload_id"][0], body)
            return
        if query.get("uploadType") == ["resumable"]:
            upload = f"upload-{len(self._uploads)}-of-the-server"
            meta = {"contentType": handler.headers["X-Upload-Content-Type"], **json.loads(body)}
            self._uploads[upload] = meta, bytearray()
            self.send(handler, 200, b"", location=f"{self.url}{url.path}?upload_id={upload}")
            return
        boundary = re.search(r"boundary=['\"]?([^'\";]+)", handler.headers["Content-Type"])
        assert boundary is not None
        _, told, sent, _ = body.split(f"--{boundary[1]}".encode())
        meta, content = json.loads(_content(told)), _content(sent)
        name, kind = meta["name"], re.search(rb"Content-Type: *([^\r\n]+)", sent)
        assert kind is not None
        with self._lock:
            if query.get("ifGenerationMatch") == ["0"] and name in self.objects:
                self.send(handler, 412, b'{"error": {"code": 412, "message": "Precondition Failed"}}')
                return
            self._keep({"contentType": kind[1].decode(), **meta}, content)
        self.answer(handler, self._meta(name))

    def _part(self, handler: BaseHTTPRequestHandler, upload: str, body: bytes) -> None:
        meta, content = self._uploads[upload]
        content += body
        if len(content) < int(handler.headers["Content-Range"].rpartition("/")[2]):
            self.send(handler, 308, b"")
            return
        with self._lock:
            self._keep(meta, bytes(content))
        self.answer(handler, self._meta(meta["name"]))

    def _keep(self, meta: dict[str, Any], content: bytes) -> None:
        self._generation += 1
        self.objects[meta["name"]], self.told[meta["name"]] = (self._generation, content), meta

    def _object(self, handler: BaseHTTPRequestHandler, name: str, *, is_media: bool) -> None:
        if name not in self.objects:
            self.send(handler, 404, b'{"error": {"code": 404, "message": "Not Found"}}')
        elif not is_media and "alt=media" not in handler.path:
            self.answer(handler, self._meta(name))
        else:
            content, asked = self.objects[name][1], handler.headers.get("Range")
            self.ranges.append(asked)
            found = re.match(r"bytes=(\d+)-(\d*)$", asked or "")
            if found:
                content = content[int(found[1]) : int(found[2]) + 1 if found[2] else None]
            self.send(handler, 206 if found else 200, content)

    def _listing(self, query: dict[str, list[str]]) -> dict[str, Any]:
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        names = [name for name in sorted(self.objects) if name.startswith(prefix)]
        folders = {
            prefix + name.removeprefix(prefix).partition(delimiter)[0] + delimiter
            for name in names
            if delimiter and delimiter in name.removeprefix(prefix)
        }
        items = [self._meta(name) for name in names if not (delimiter and delimiter in name.removeprefix(prefix))]
        return {"kind": "storage#objects", "items": items, "prefixes": sorted(folders)}

    def _meta(self, name: str) -> dict[str, Any]:
        generation, content = self.objects[name]
        return {
            **self.told[name],
            "kind": "storage#object",
            "name": name,
            "bucket": BUCKET,
            "generation": str(generation),
            "etag": f"tag{generation}",
            "size": str(len(content)),
            "md5Hash": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
            "updated": "2026-01-01T00:00:00.000Z",
            "timeCreated": "2026-01-01T00:00:00.000Z",
        }

    def answer(self, handler: BaseHTTPRequestHandler, data: dict[str, Any]) -> None:
        self.send(handler, 200, json.dumps(data).encode())

    def send(self, handler: BaseHTTPRequestHandler, status: int, content: bytes, *, location: str = "") -> None:
        handler.send_response(status)
        if location:
            handler.send_header("Location", location)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _content(part: bytes) -> bytes:
    """Return what follows the headers of a part, without the line's end that belongs to the boundary."""
    end = b"\r\n" if b"\r\n\r\n" in part[:200] else b"\n"
    return part.split(end + end, 1)[1].removesuffix(end)


@contextmanager
def gcs_server() -> Generator[GcsServer]:
    """Serve one bucket inside the block."""
    server = GcsServer()
    try:
        yield server
    finally:
        server.close()
