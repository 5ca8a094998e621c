"""Publishing to Google Drive, by the real driver and Google's own client, at a server that speaks Drive's API."""

import hashlib
import uuid
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httplib2
import httpx
import pytest

from blocks import destinations
from blocks.claims import CLAIM
from blocks.object_store import ObjectStore
from blocks.settings import Settings
from engines.errors import DestinationTaken, StoreRefused, StoreUnreachable, UploadDamaged
from models.destination import Overwrite, Owner
from models.report import PublishedFile
from tests.drive_server import ROOT, DriveServer
from tests.publishing import publish_video, winners

CONTENT, LARGE = b"a short" * 100, bytes(range(256)) * (36 << 10)  # 9 MiB: two parts
MINE = Owner(title="Sam's \\ short", run="run-1", spec="spec-1")


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Generator[DriveServer]:
    """A server in Google's place: of every request only the address is changed."""
    server, request = DriveServer(), httplib2.Http.request

    def redirected(self: Any, uri: str, *args: Any, **kwargs: Any) -> Any:
        return request(self, uri.replace("https://www.googleapis.com", server.url), *args, **kwargs)

    monkeypatch.setattr(httplib2.Http, "request", redirected)
    yield server
    server.close()


@pytest.fixture
def folder(drive: DriveServer, prefect_server: str) -> str:
    name = f"drive-{uuid.uuid4().hex[:8]}"
    ObjectStore(kind="gdrive", service_account=drive.account(), drive_folder_id=ROOT, folder="films").save(name)
    return f"store://{name}/2026/sam's short"


def publish(folder: str, tmp_path: Path, content: bytes = CONTENT, *, owner: Owner = MINE) -> PublishedFile:
    return publish_video(folder, tmp_path, content, owner, overwrite=Overwrite.AUTO)


@pytest.mark.parametrize("content", [CONTENT, LARGE, b""], ids=["small", "in parts", "empty"])
def test_drives_own_link_downloads_the_same_bytes_for_everyone(
    drive: DriveServer, folder: str, content: bytes, tmp_path: Path
):
    file = publish(folder, tmp_path, content)
    link, expires = destinations.share_link(file, Settings())
    assert link.startswith(f"{drive.url}/uc?id=")
    assert expires is None
    assert hashlib.sha256(httpx.get(link).raise_for_status().content).hexdigest() == file.sha256
    (kept,) = drive.named("video.mp4")
    assert kept.meta["description"] == MINE.title
    assert kept.meta["appProperties"] == {"run": "run-1", "sha256": file.sha256}
    assert destinations.holds(file)


def test_a_file_is_replaced_in_its_place_so_that_links_go_on_working(drive: DriveServer, folder: str, tmp_path: Path):
    link, _ = destinations.share_link(publish(folder, tmp_path), Settings())
    uploads = sum("/upload/" in each for each in drive.requests)
    publish(folder, tmp_path)
    assert sum("/upload/" in each for each in drive.requests) == uploads
    file = publish(folder, tmp_path, b"another")
    assert destinations.share_link(file, Settings()) == (link, None)
    assert httpx.get(link).content == b"another"
    assert [len(drive.named(name)) for name in ("video.mp4", CLAIM, "films", "sam's short")] == [1, 1, 1, 1]
    other = Owner(title="Other", run="run-2", spec="spec-2")
    with pytest.raises(DestinationTaken):
        publish(folder, tmp_path, b"a third", owner=other)
    destinations.write_text("{}", folder=folder, name="report.json")
    destinations.write_text("[]", folder=folder, name="report.json")
    assert destinations.read_text(folder=folder, name="report.json") == "[]"
    with pytest.raises(FileNotFoundError):
        destinations.read_text(folder=folder, name="no.json")


@pytest.mark.parametrize("hashless", [False, True])
def test_what_arrives_changed_does_not_stay(drive: DriveServer, folder: str, tmp_path: Path, hashless: bool):
    drive.hashless = hashless
    publish(folder, tmp_path)
    drive.garbles = True
    with pytest.raises(UploadDamaged):
        publish(folder, tmp_path, b"another")
    assert drive.named("video.mp4") == []


@pytest.mark.parametrize(("status", "error"), [(503, StoreUnreachable), (403, StoreRefused), (404, StoreRefused)])
def test_faults_pass_or_are_told(drive: DriveServer, folder: str, status: int, error: type[Exception], tmp_path: Path):
    publish(folder, tmp_path)
    drive.faults = [503]
    publish(folder, tmp_path, b"another")
    assert not drive.faults
    drive.faults = [status] * 10
    with pytest.raises(error, match="store://"):
        publish(folder, tmp_path, b"a third")


def test_where_sharing_is_forbidden_the_link_is_for_those_who_may_see_the_folder(
    drive: DriveServer, folder: str, tmp_path: Path
):
    drive.forbids_sharing = True
    link, _ = destinations.share_link(publish(folder, tmp_path), Settings())
    assert httpx.get(link).status_code == 403


def test_of_many_titles_that_want_one_folder_at_once_one_gets_it(drive: DriveServer, folder: str):
    assert winners(folder, contenders=6) == 1
    assert [len(drive.named(name)) for name in (CLAIM, "films", "2026", "sam's short")] == [1, 1, 1, 1]


@pytest.mark.parametrize("step_s", [0, -1], ids=["all in one millisecond", "by clocks that go backwards"])
def test_one_gets_it_whatever_the_clocks_say(
    drive: DriveServer, folder: str, step_s: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("blocks.drive_target._SETTLED_S", 2.0)
    moments = count()
    drive.clock = lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=step_s * next(moments))
    destinations.write_text("there", folder=folder, name="first.txt")  # the folders are there
    assert winners(folder, contenders=6) == 1
    assert len(drive.named(CLAIM)) == 1


def test_the_way_to_a_folder_is_looked_up_once(drive: DriveServer, folder: str, tmp_path: Path):
    publish(folder, tmp_path)
    drive.requests.clear()
    file = publish(folder, tmp_path)
    assert destinations.holds(file)
    assert len([each for each in drive.requests if "name+%3D+%27films%27" in each]) <= 3  # by each of three calls
