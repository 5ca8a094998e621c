"""A stand-in for Google Drive that speaks its HTTP API: accounts, folders, uploads in one go and in parts, links."""

import email
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

Answer = tuple[int, dict[str, str], bytes]
ROOT = "the-shared-folder"
_QUERY = re.compile(r"'([\w-]+)' in parents and trashed = false(?: and name = '(.*)')?$")


@dataclass
class DriveFile:
    """A file or folder."""

    meta: dict[str, Any]
    content: bytes = b""
    readers: set[str] = field(default_factory=set)


class DriveServer:
    """Keeps files in memory. `faults` are statuses that the next requests are answered with."""

    def __init__(self) -> None:
        self.files: dict[str, DriveFile] = {}
        self.faults: list[int] = []
        self.requests: list[str] = []
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.garbles = self.forbids_sharing = self.hashless = False
        self._uploads: dict[str, tuple[str | None, dict[str, Any], bytearray]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.requests.append(f"{self.command} {self.path}")
                status, headers, content = outer.answer(self.command, self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def account(self) -> str:
        """The key file of a service account whose tokens this server hands out."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        told = {"type": "service_account", "client_email": "films@example.iam", "token_uri": f"{self.url}/token"}
        return json.dumps({**told, "private_key": pem.decode()})

    def named(self, name: str) -> list[DriveFile]:
        """Every file of a name."""
        return [file for file in self.files.values() if file.meta["name"] == name]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        url = urlsplit(target)
        asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/token":
            return _json({"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})
        if url.path == "/uc":
            file = self.files[asked["id"]]
            return (200, {}, file.content) if "anyone" in file.readers else (403, {}, b"")
        if headers.get("authorization", headers.get("Authorization")) != "Bearer t":
            return 401, {}, b"{}"
        if self.faults:
            return self.faults.pop(0), {}, b'{"error": {"message": "later"}}'
        if url.path.startswith("/upload/"):
            return self._upload(method, url.path, asked, headers, body)
        return self._plain(method, url.path, asked, body)

    def _plain(self, method: str, path: str, asked: dict[str, str], body: bytes) -> Answer:
        file_id = path.removeprefix("/drive/v3/files").strip("/").partition("/")[0]
        if path.endswith("/permissions"):
            if self.forbids_sharing:
                return 403, {}, b'{"error": {"message": "sharing is forbidden"}}'
            self.files[file_id].readers.add(json.loads(body)["type"])
            return _json({"id": "anyoneWithLink"})
        if not file_id:
            return self._list(asked["q"]) if method == "GET" else self._keep(None, json.loads(body), b"")
        if file_id not in self.files:
            return 404, {}, b'{"error": {"message": "not found"}}'
        if method == "DELETE":
            del self.files[file_id]
            return 204, {}, b""
        return 200, {}, self.files[file_id].content

    def _list(self, query: str) -> Answer:
        found = _QUERY.match(query)
        assert found, query
        name = found[2] and found[2].replace("\\'", "'").replace("\\\\", "\\")
        files = [
            file.meta
            for file in self.files.values()
            if found[1] in file.meta["parents"] and name in (None, file.meta["name"])
        ]
        return _json({"files": files})

    def _upload(self, method: str, path: str, asked: dict[str, str], headers: dict[str, str], body: bytes) -> Answer:
        file_id = path.removeprefix("/upload/drive/v3/files").strip("/") or None
        if method == "PUT":
            return self._part(asked["upload_id"], headers, body)
        if asked["uploadType"] == "resumable":
            upload = uuid4().hex
            self._uploads[upload] = (file_id, json.loads(body or b"{}"), bytearray())
            return 200, {"Location": f"{self.url}/upload/drive/v3/files?upload_id={upload}"}, b""
        kind = headers.get("content-type", headers.get("Content-Type", ""))
        parts = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body).get_payload()
        return self._keep(file_id, json.loads(parts[0].get_payload()), parts[1].get_payload(decode=True))

    def _part(self, upload: str, headers: dict[str, str], body: bytes) -> Answer:
        file_id, meta, content = self._uploads[upload]
        whole = int(headers.get("content-range", headers.get("Content-Range", "")).rpartition("/")[2])
        content += body
        if len(content) < whole:
            return 308, {"Range": f"bytes=0-{len(content) - 1}"}, b""
        del self._uploads[upload]
        return self._keep(file_id, meta, bytes(content))

    def _keep(self, file_id: str | None, meta: dict[str, Any], content: bytes) -> Answer:
        content = content[::-1] if self.garbles else content
        file = self.files.setdefault(file_id, DriveFile({})) if file_id else DriveFile({})
        file_id = file_id or uuid4().hex
        links = {"webContentLink": f"{self.url}/uc?id={file_id}", "webViewLink": f"{self.url}/view/{file_id}"}
        told = {"id": file_id, "size": str(len(content))}
        if not file.meta:
            told["createdTime"] = self.clock().isoformat(timespec="milliseconds")
        if not self.hashless:
            told["sha256Checksum"] = hashlib.sha256(content).hexdigest()
        file.meta, file.content = {**file.meta, **meta, **told, **links}, content
        self.files[file_id] = file
        return _json(file.meta)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _json(data: dict[str, Any]) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(data).encode()
