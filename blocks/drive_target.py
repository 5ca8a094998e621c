"""A folder of Google Drive that finished files are published to.

The fsspec driver brings the account; files go by Drive's own API, because the driver makes a second file of a name that
is taken, and knows neither labels, nor hashes, nor links.
"""

import hashlib
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from blocks.driver_faults import faults, named_fault
from blocks.places import open_place
from engines.errors import StoreRefused, UploadDamaged
from models.destination import Labels

_TRIES = 3  # of the client, after answers that may pass
_SETTLED_S = 0.5
_PART_BYTES = 8 << 20
_FOLDER = "application/vnd.google-apps.folder"
_FIELDS = "id,name,createdTime,mimeType,size,sha256Checksum,webContentLink,webViewLink"


class DriveTarget:
    """Files appear when their upload ends, and replace the one of their name; the hash is Drive's own."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        with self._reached(""):
            self._fs, path = open_place(self._url)
        self._files: Any = self._fs.files
        self._path = [part for part in path.split("/") if part]
        self._folder_id: str | None = None

    def put(self, source: Path, name: str, labels: Labels) -> None:
        """Upload a file. Raises StoreRefused, StoreUnreachable, UploadDamaged."""
        from googleapiclient.http import MediaFileUpload

        size = source.stat().st_size
        with self._reached(name):
            folder = self._folder(make=True)
            media = MediaFileUpload(str(source), labels.media_type, _PART_BYTES, resumable=size > 0)
            told = {"description": labels.title, "appProperties": {"run": labels.run, "sha256": labels.sha256}}
            there = self._upload(folder, name, self._find(folder, name), media, told)
            if (there.get("sha256Checksum") or self._sha256(there["id"])) != labels.sha256:
                self._execute(self._files.delete(fileId=there["id"], supportsAllDrives=True))
                raise UploadDamaged(uri=f"{self._url}/{name}", reason="what Drive has is not what was sent")

    def holds(self, source: Path, name: str, labels: Labels) -> bool:
        """Return whether a file is there with that content. Raises StoreRefused, StoreUnreachable."""
        with self._reached(name):
            found = self._found(name)
        return bool(found is not None and found.get("sha256Checksum") == labels.sha256)

    def keeps(self, source: Path, name: str, labels: Labels) -> bool:
        """Return whether a file that was put is still there. Raises StoreRefused, StoreUnreachable."""
        with self._reached(name):
            found = self._found(name)
        if found is None or "sha256Checksum" not in found:
            return found is not None and int(found.get("size", 0)) == source.stat().st_size
        return bool(found["sha256Checksum"] == labels.sha256)

    def read(self, name: str) -> bytes:
        """Return the bytes of a small file. Raises FileNotFoundError, StoreRefused, StoreUnreachable."""
        with self._reached(name):
            found = self._found(name)
            if found is not None:
                return bytes(self._execute(self._files.get_media(fileId=found["id"], supportsAllDrives=True)))
        raise FileNotFoundError(f"{self._url}/{name}")

    def write(self, name: str, content: bytes, media_type: str) -> None:
        """Write or replace a small file in one step. Raises StoreRefused, StoreUnreachable."""
        from googleapiclient.http import MediaInMemoryUpload

        with self._reached(name):
            folder = self._folder(make=True)
            self._upload(folder, name, self._find(folder, name), MediaInMemoryUpload(content, media_type), {})

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file unless there is one, and return whether it did; of many at once, one does.

        Drive keeps several files of a name, so each makes its own, and all but the oldest are taken back; of one age,
        all but the first by ID. Who is the oldest looks once more a little later: clocks and lists of Google's many
        servers differ by moments.
        """
        from googleapiclient.http import MediaInMemoryUpload

        with self._reached(name):
            folder = self._folder(make=True)
            if self._find(folder, name) is not None:
                return False
            media = MediaInMemoryUpload(content, "application/json")
            own: str = self._upload(folder, name, None, media, {})["id"]
            if self._settled(own, folder, name) != own:
                return False
            time.sleep(_SETTLED_S)
            return self._settled(own, folder, name) == own

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None if there is none. Raises StoreRefused, StoreUnreachable."""
        with self._reached(name):
            found = self._found(name)
        return None if found is None else int(found.get("size", 0))

    def names(self) -> frozenset[str]:
        """Return the names of the files that are there. Raises StoreRefused, StoreUnreachable."""
        with self._reached(""):
            folder = self._folder()
            return frozenset() if folder is None else frozenset(each["name"] for each in self._list(folder))

    def tidy(self, names: Iterable[str]) -> None:
        """Do nothing: an upload that was cut off is nowhere to be seen, and Drive forgets it after a week."""

    def link(self, name: str, *, lifetime_s: int) -> tuple[str, None]:
        """Let everyone who has the link read a file, and return the link, which downloads it and does not expire.

        Where the account's domain forbids that, the link works for those with whom the folder is shared. Raises
        FileNotFoundError, StoreRefused, StoreUnreachable.
        """
        with self._reached(name):
            found = self._found(name)
            if found is not None:
                self._open_to_all(found["id"])
                return str(found.get("webContentLink") or found["webViewLink"]), None
        raise FileNotFoundError(f"{self._url}/{name}")

    def _open_to_all(self, file_id: str) -> None:
        from googleapiclient.errors import HttpError

        anyone = {"type": "anyone", "role": "reader"}
        try:
            self._execute(self._fs.srv.permissions().create(fileId=file_id, body=anyone, supportsAllDrives=True))
        except HttpError as error:
            if error.status_code != 403:
                raise

    def _upload(self, folder: str, name: str, there: dict[str, Any] | None, media: Any, told: dict[str, Any]) -> Any:
        given = {"media_body": media, "fields": _FIELDS, "supportsAllDrives": True}
        if there is None:
            return self._execute(self._files.create(body={"name": name, "parents": [folder], **told}, **given))
        return self._execute(self._files.update(fileId=there["id"], body=told, **given))

    def _folder(self, *, make: bool = False) -> Any:
        """Return the ID of the folder, or None if it is not there."""
        if self._folder_id is not None:
            return self._folder_id
        folder: str = self._fs.root_file_id
        for name in self._path:
            found = self._find(folder, name)
            if found is None:
                if not make:
                    return None
                body = {"name": name, "mimeType": _FOLDER, "parents": [folder]}
                found = self._execute(self._files.create(body=body, fields="id", supportsAllDrives=True))
                found["id"] = self._settled(found["id"], folder, name)
            folder = found["id"]
        self._folder_id = folder
        return folder

    def _settled(self, own: str, folder: str, name: str) -> str:
        """Return which of the files of a name counts, the oldest; one that was just made in vain is taken back."""
        oldest = self._find(folder, name)
        if oldest is None or oldest["id"] == own:
            return own
        self._execute(self._files.delete(fileId=own, supportsAllDrives=True))
        return str(oldest["id"])

    def _found(self, name: str) -> dict[str, Any] | None:
        folder = self._folder()
        return None if folder is None else self._find(folder, name)

    def _find(self, folder: str, name: str) -> Any:
        return min(self._list(folder, _named(name)), key=_age, default=None)

    def _list(self, folder: str, wanted: str = "") -> Generator[dict[str, Any]]:
        """Yield what is in a folder."""
        page = None
        corpus = {"corpora": "drive", "driveId": self._fs.drive} if self._fs.drive else {}
        while True:
            request = self._files.list(
                q=f"'{folder}' in parents and trashed = false{wanted}",
                fields=f"nextPageToken,files({_FIELDS})",
                pageToken=page,
                supportsAllDrives=True,
                includeItemsFromAllDrives=True,
                **corpus,
            )
            answer = self._execute(request)
            yield from answer.get("files", ())
            page = answer.get("nextPageToken")
            if page is None:
                return

    def _sha256(self, file_id: str) -> str:
        request = self._files.get_media(fileId=file_id, supportsAllDrives=True)
        return hashlib.sha256(self._execute(request)).hexdigest()

    def _execute(self, request: Any) -> Any:
        return request.execute(num_retries=_TRIES)

    @contextmanager
    def _reached(self, name: str) -> Generator[None]:
        uri = f"{self._url}/{name}".rstrip("/")
        try:
            yield
        except faults() as error:
            if getattr(error, "status_code", None) == 404:
                raise StoreRefused(uri=uri, reason="there is no such folder, or it is not shared with us") from error
            raise named_fault(error, uri) from error


def _named(name: str) -> str:
    """Return the condition of a search for files of a name."""
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f" and name = '{escaped}'"


def _age(file: dict[str, Any]) -> tuple[str, str]:
    """Return what puts the oldest of several files first, always in the same order."""
    return file.get("createdTime", ""), file["id"]
