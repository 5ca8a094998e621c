"""Publishing to WebDAV and SFTP, and to saved object stores: as whole and as much one's own as anywhere."""

import os
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks import destinations
from blocks.claims import CLAIM
from blocks.link_proof import needs_proof
from blocks.object_store import ObjectStore
from blocks.places import local_folder
from blocks.settings import Settings
from engines.errors import DestinationTaken, StoreUnreachable
from models.destination import Overwrite, Owner
from models.report import PublishedFile
from tests.publishing import publish_video, winners
from tests.storage_servers import PASSWORD, USER, sftp_server, webdav_server

CONTENT = b"a short" * 100
MINE, OTHER = (Owner(title=name, run=f"run of {name}", spec=f"spec of {name}") for name in ("Mine", "Other"))


@pytest.fixture
def webdav(tmp_path: Path) -> Generator[dict[str, Any]]:
    (tmp_path / "there").mkdir(exist_ok=True)
    with webdav_server(tmp_path / "there") as url:
        yield {"kind": "webdav", "endpoint_url": url, "username": USER, "password": PASSWORD, "folder": "films"}


@pytest.fixture
def sftp(tmp_path: Path) -> Generator[dict[str, Any]]:
    with sftp_server(tmp_path / "there") as (port, host_key):
        where = {"kind": "sftp", "host": "127.0.0.1", "port": port, "host_key": host_key, "folder": "/films"}
        yield {**where, "username": USER, "password": PASSWORD}


@pytest.fixture
def local(tmp_path: Path) -> dict[str, Any]:
    return {"kind": "local", "folder": str(tmp_path / "there" / "films")}


@pytest.fixture(params=["webdav", "sftp", "local"])
def folder(request: pytest.FixtureRequest, prefect_server: str, tmp_path: Path) -> str:
    (tmp_path / "there").mkdir(exist_ok=True)
    name = f"place-{uuid.uuid4().hex[:8]}"
    ObjectStore(**request.getfixturevalue(request.param)).save(name)
    return f"store://{name}/2026/a film"


def publish(folder: str, tmp_path: Path, content: bytes, owner: Owner = MINE) -> PublishedFile:
    return publish_video(folder, tmp_path, content, owner, overwrite=Overwrite.TITLE)


def test_a_file_is_there_whole_replaced_by_its_owner_and_by_nobody_else(folder: str, tmp_path: Path):
    there = tmp_path / "there/films/2026/a film"
    file = publish(folder, tmp_path, CONTENT)
    assert (there / "video.mp4").read_bytes() == CONTENT
    assert destinations.holds(file)
    old, new = (there / f"video.mp4.{name}.part" for name in ("0badcafe0bad", "600df00d600d"))
    for part in (old, new):
        part.touch()
    os.utime(old, (0, 0))
    publish(folder, tmp_path, b"another")
    if not local_folder(folder):
        assert not old.exists()
        assert new.exists()
    old.unlink(missing_ok=True)
    new.unlink()
    assert not destinations.holds(file)
    with pytest.raises(DestinationTaken):
        publish(folder, tmp_path, b"a third", OTHER)
    assert (there / "video.mp4").read_bytes() == b"another"
    assert sorted(path.name for path in there.iterdir()) == [CLAIM, "video.mp4"]
    destinations.write_text("{}", folder=folder, name="report.json")
    assert destinations.read_text(folder=folder, name="report.json") == "{}"
    link, expires = destinations.share_link(file, Settings(link_bases={folder: "https://films.example"}))
    assert (link, expires) == ("https://films.example/video.mp4", None)


def test_of_many_titles_that_want_one_folder_at_once_one_gets_it(folder: str, tmp_path: Path):
    assert winners(folder, contenders=8) == 1
    assert [path.name for path in (tmp_path / "there/films/2026/a film").iterdir()] == [CLAIM]


def test_a_ticket_of_a_killed_process_stops_nobody(webdav: dict[str, Any], prefect_server: str, tmp_path: Path):
    (tmp_path / "there/films/a").mkdir(parents=True)
    name = f"place-{uuid.uuid4().hex[:8]}"
    ObjectStore(**webdav).save(name)
    left = tmp_path / f"there/films/a/{CLAIM}.000000000000.ticket.part"
    left.touch()
    os.utime(left, (0, 0))
    publish(f"store://{name}/a", tmp_path, CONTENT)
    assert sorted(path.name for path in left.parent.iterdir()) == [CLAIM, "video.mp4"]


def test_a_saved_s3_store_gives_links_that_need_no_keys(s3: Any, prefect_server: str, tmp_path: Path):
    name = f"place-{uuid.uuid4().hex[:8]}"
    keys = {"access_key_id": "test", "secret_access_key": "test", "region": "eu-central-1", "path_style": True}
    ObjectStore(kind="s3", folder=f"{s3.bucket}/films", endpoint_url=s3.proxy.url, **keys).save(name)
    file = publish(f"store://{name}/a film", tmp_path, CONTENT)
    link, expires = destinations.share_link(file, Settings(link_lifetime_s=600))
    assert expires is not None
    assert "X-Amz-Expires=600" in link
    assert httpx.get(link).raise_for_status().content == CONTENT
    assert needs_proof(link, f"store://{name}/a film", Settings())
    ObjectStore(kind="s3", folder=s3.bucket, endpoint_url=s3.proxy.url, prove_links=False, **keys).save(
        f"{name}-trusted"
    )
    assert not needs_proof(link, f"store://{name}-trusted/a film", Settings())
    assert s3.head("films/a film/video.mp4")["Metadata"]["title"] == "Mine"
    s3.proxy.fault("500", method="PUT", path="video.mp4", times=1000)
    with pytest.raises(StoreUnreachable, match=f"^store://{name}/a film/video.mp4 cannot be reached"):
        publish(f"store://{name}/a film", tmp_path, b"another")
