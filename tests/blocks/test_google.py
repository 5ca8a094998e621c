"""Google Cloud Storage and Drive by their drivers, which `make test-google` installs."""

import hashlib
import io
import json
import os
import uuid
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from blocks import destinations
from blocks.object_store import ObjectStore
from blocks.places import open_place
from blocks.settings import Settings
from blocks.sinks import PartFolder
from blocks.sources import locate
from blocks.store import ArtifactStore
from engines.errors import DestinationTaken, DownloadFailed, SourceNotFound, SourceRefused
from models.destination import Overwrite, Owner
from models.report import PublishedFile
from tests.gcs_server import BUCKET, GcsServer, gcs_server
from tests.publishing import publish_video

ANY = Settings()


@pytest.fixture(scope="module")
def server() -> Generator[GcsServer]:
    with gcs_server() as running:
        yield running


def key_file(token_uri: str) -> str:
    """A key file as Google's console gives it out, for a server of our own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "films",
            "private_key_id": "1",
            "private_key": key.private_bytes(*form).decode(),
            "client_email": "sam@films.example",
            "token_uri": token_uri,
        }
    )


@pytest.fixture
def bucket(server: GcsServer, prefect_server: str) -> str:
    """The name of an object store in the bucket."""
    pytest.importorskip("gcsfs")
    name = f"gcs-{uuid.uuid4().hex[:8]}"
    account = key_file(f"{server.url}/token")
    ObjectStore(kind="gcs", folder=f"{BUCKET}/{name}", endpoint_url=server.url, service_account=account).save(name)
    return name


def test_a_bucket_keeps_the_artifacts_of_any_machine(bucket: str, tmp_path: Path):
    one, other = (ArtifactStore(f"store://{bucket}/a", cache_dir=tmp_path / machine) for machine in ("one", "other"))
    path = tmp_path / "a.png"
    path.write_bytes(b"content" * 1000)
    ref = one.put(path, "image/png")
    assert other.local_path(ref).read_bytes() == path.read_bytes()
    one.write_record("ab" * 32, b"one")
    one.write_record("ab" * 32, b"two")
    assert other.read_record("ab" * 32) == b"two"
    assert not other.create_record("ab" * 32, b"three")
    assert other.create_record("cd" * 32, b"new")
    assert {Path(stored.key).stem for stored in other.list("results")} == {"ab" * 32, "cd" * 32}
    with pytest.raises(FileNotFoundError):
        other.read_record("ef" * 32)


def publish(folder: str, tmp_path: Path, content: bytes, owner: Owner) -> PublishedFile:
    return publish_video(folder, tmp_path, content, owner, overwrite=Overwrite.AUTO, cache_control="no-cache")


@pytest.mark.parametrize("content", [b"a short" * 100, os.urandom(6 << 20)], ids=["at once", "in parts"])
def test_a_published_file_has_type_caching_and_labels_and_its_link_downloads_it(
    bucket: str, server: GcsServer, content: bytes, tmp_path: Path
):
    mine = Owner(title="Ünïcode", run="run-1", spec="spec-1")
    file = publish(f"store://{bucket}/a b/c", tmp_path, content, mine)
    told = server.told[f"{bucket}/a b/c/video.mp4"]
    assert (told["contentType"], told["cacheControl"]) == ("video/mp4", "no-cache")
    assert told["metadata"] == {"title": "%C3%9Cn%C3%AFcode", "run": "run-1", "sha256": file.sha256}
    before = server.objects[f"{bucket}/a b/c/video.mp4"][0]
    publish(f"store://{bucket}/a b/c", tmp_path, content, mine)
    assert server.objects[f"{bucket}/a b/c/video.mp4"][0] == before  # which is not sent again
    destinations.write_text("{}", folder=f"store://{bucket}/a b/c", name="report.json")
    told = server.told[f"{bucket}/a b/c/report.json"]
    assert (told["contentType"], told["cacheControl"]) == ("application/json", "no-cache")
    link, expires = destinations.share_link(file, ANY)
    assert "X-Goog-Signature=" in link
    assert expires is not None
    assert hashlib.sha256(httpx.get(link).raise_for_status().content).hexdigest() == file.sha256


def test_of_many_titles_that_want_one_folder_at_once_one_gets_it(bucket: str):
    def claimed(number: int) -> bool:
        owner = Owner(title=f"Title {number}", run=f"run-{number}", spec=f"spec-{number}")
        try:
            destinations.claim_folder(f"store://{bucket}/one", owner, Overwrite.TITLE, files=("video.mp4",))
        except DestinationTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claimed, range(8))) == 1


def test_its_files_are_sources_and_what_came_is_not_fetched_again(bucket: str, server: GcsServer, tmp_path: Path):
    content = os.urandom(300_000)
    fs, path = open_place(f"store://{bucket}/film.mp4")
    fs.pipe_file(path, content)
    file = locate(f"store://{bucket}/film.mp4", ANY)
    assert file.download(io.BytesIO()) == hashlib.sha256(content).hexdigest()
    with PartFolder(tmp_path).claim(file.key) as part:
        part.restart(file.version())
        part.write(content[:200_000])
        server.ranges.clear()
        assert file.download(part) == hashlib.sha256(content).hexdigest()
        assert all(asked and asked.startswith("bytes=200000-") for asked in server.ranges)
    before = file.version()
    fs.pipe_file(path, b"another")
    assert file.version() != before
    with pytest.raises(SourceNotFound):
        locate(f"store://{bucket}/none", ANY).version()


def test_a_key_that_is_not_taken_is_refused(server: GcsServer, prefect_server: str):
    pytest.importorskip("gcsfs")
    name = f"gcs-{uuid.uuid4().hex[:8]}"
    account = key_file(f"{server.url}/nowhere-else")
    ObjectStore(kind="gcs", folder=BUCKET, endpoint_url=server.url, service_account=account).save(name)
    with pytest.raises((SourceRefused, DownloadFailed)) as failed:
        locate(f"store://{name}/a", ANY).version()
    assert "PRIVATE KEY" not in str(failed.value)


def test_drive_asks_for_a_token_with_the_key_of_the_block(server: GcsServer, prefect_server: str):
    pytest.importorskip("gdrive_fsspec")
    name = f"drive-{uuid.uuid4().hex[:8]}"
    ObjectStore(kind="gdrive", folder="shorts", service_account=key_file("http://127.0.0.1:1/token")).save(name)
    fs, path = open_place(f"store://{name}/in/moon.jpg")
    assert (type(fs).__name__, path) == ("GoogleDriveFileSystem", "shorts/in/moon.jpg")
    with pytest.raises((SourceRefused, DownloadFailed)) as failed:
        locate(f"store://{name}/in/moon.jpg", ANY).version()
    assert "PRIVATE KEY" not in str(failed.value)
