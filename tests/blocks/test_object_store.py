"""Object stores: one block, many kinds of storage, each used as artifact store, source and library."""

import hashlib
import io
import json
import os
import sys
import uuid
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from pydantic import ValidationError

from blocks.driver_faults import faults, named_fault
from blocks.local_file import LocalFile
from blocks.object_store import ObjectStore
from blocks.picture_library import library_service, read_library
from blocks.places import local_folder, open_place, service_of
from blocks.processes import wait_until
from blocks.settings import Settings
from blocks.sinks import PartFolder
from blocks.sources import locate
from blocks.store import ArtifactStore
from engines.errors import (
    DownloadFailed,
    DriverMissing,
    SourceNotFound,
    SourceRefused,
    SourceTooLarge,
    StoreRefused,
    StoreUnknown,
    StoreUnreachable,
)
from tasks.batch_source import read_rows
from tests.fault_proxy import TcpProxy
from tests.s3_server import Bucket
from tests.storage_servers import PASSWORD, USER, sftp_server, webdav_server

Save = Callable[..., str]
KINDS = ("local", "s3", "webdav", "sftp")
ANY = Settings()


@pytest.fixture(scope="module")
def save(prefect_server: str) -> Save:
    """Return a function that saves a block in a real Prefect API under a name that is returned."""

    def saved(**fields: Any) -> str:
        name = f"store-{uuid.uuid4().hex[:8]}"
        ObjectStore(**fields).save(name)
        return name

    return saved


@pytest.fixture(scope="module")
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture(scope="module")
def s3(bucket: Bucket) -> dict[str, Any]:
    return {
        "kind": "s3", "endpoint_url": bucket.endpoint, "access_key_id": "test", "secret_access_key": "test",
        "region": "us-east-1", "path_style": True, "folder": f"{bucket.bucket}/shorts",
    }  # fmt: skip


@pytest.fixture(scope="module")
def webdav(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, Any]]:
    with webdav_server(tmp_path_factory.mktemp("webdav")) as url:
        yield {"kind": "webdav", "endpoint_url": url, "username": USER, "password": PASSWORD, "folder": "shorts"}


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, Any]]:
    with sftp_server(tmp_path_factory.mktemp("sftp")) as (port, host_key):
        yield {
            "kind": "sftp", "host": "127.0.0.1", "port": port, "host_key": host_key,
            "username": USER, "password": PASSWORD, "folder": "/shorts",
        }  # fmt: skip


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {"kind": "local", "folder": str(tmp_path_factory.mktemp("local") / "shorts")}


@pytest.fixture(params=KINDS)
def fields(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a block of each kind is made of."""
    given: dict[str, Any] = request.getfixturevalue(request.param)
    return given


@pytest.fixture
def name(fields: dict[str, Any], save: Save) -> str:
    return save(**fields)


def put(name: str, path: str, content: bytes) -> str:
    """Put a file into a store as another program would, and return its address."""
    fs, target = open_place(f"store://{name}/{path}")
    fs.makedirs(target.rpartition("/")[0], exist_ok=True)
    fs.pipe_file(target, content)
    return f"store://{name}/{path}"


def read(address: str, settings: Settings = ANY) -> bytes:
    target = io.BytesIO()
    digest = locate(address, settings).download(target)
    assert digest == hashlib.sha256(target.getvalue()).hexdigest()
    return target.getvalue()


def test_it_keeps_the_artifacts_of_any_machine(name: str, tmp_path: Path):
    folder = f"store://{name}/{uuid.uuid4().hex}"
    one, other = (ArtifactStore(folder, cache_dir=tmp_path / machine) for machine in ("one", "other"))
    path = tmp_path / "a.png"
    path.write_bytes(b"content" * 1000)
    ref = one.put(path, "image/png")
    assert other.has(ref)
    assert other.local_path(ref).read_bytes() == path.read_bytes()

    key = "ab" * 32
    one.write_record(key, b"one")
    one.write_record(key, b"two")
    assert other.read_record(key) == b"two"
    assert not other.create_record(key, b"three")
    assert other.create_record("cd" * 32, b"new")
    assert {stored.key for stored in other.list("results")} == {
        f"results/ab/{key}.json",
        f"results/cd/{'cd' * 32}.json",
    }
    (blob,) = other.list("blobs")
    assert blob.size == ref.size
    one.remove(blob.key)
    assert not other.has(ref)
    with pytest.raises(FileNotFoundError):
        other.read_record("ef" * 32)


def test_its_files_are_sources(name: str):
    address = put(name, "in/moon.jpg", b"moon")
    file = locate(address, ANY)
    assert read(address) == b"moon"
    assert file.uri == address
    before = file.version()
    assert before == locate(address, ANY).version()
    put(name, "in/moon.jpg", b"another")
    assert locate(address, ANY).version() != before
    with pytest.raises(SourceTooLarge):
        read(address, Settings(max_source_bytes=3))
    for gone in ("in/none.jpg", "none/none.jpg"):
        with pytest.raises(SourceNotFound):
            read(f"store://{name}/{gone}")
    with pytest.raises((SourceNotFound, SourceRefused)):
        read(f"store://{name}/in")


def test_what_came_of_a_source_is_not_fetched_again(name: str, tmp_path: Path):
    content = os.urandom(500_000)
    file = locate(put(name, "film.mp4", content), ANY)
    if isinstance(file, LocalFile):
        return  # which is always copied whole
    parts = PartFolder(tmp_path)

    def break_off() -> None:
        with parts.claim(file.key) as part:
            part.restart(file.version())
            part.write(content[:200_000])
            raise DownloadFailed(source=file.uri, reason="as when the network is gone")

    with pytest.raises(DownloadFailed):
        break_off()
    with parts.claim(file.key) as part:
        assert (part.count, part.tag) == (200_000, file.version())
        part.write(content[200_000:300_000])
        assert file.download(part) == hashlib.sha256(content).hexdigest()
    with parts.claim(file.key) as part:
        part.restart("etag of an earlier version")
        part.write(b"something else")
        assert file.download(part) == hashlib.sha256(content).hexdigest()


def test_it_may_hold_the_picture_library(name: str):
    root = f"store://{name}/{uuid.uuid4().hex}"
    put(name, f"{root.rpartition('/')[2]}/sea/moon.jpg", b"moon")
    put(name, f"{root.rpartition('/')[2]}/index.csv", b"file,author\nsea/moon.jpg,Ada\n")
    settings = Settings(stock_library=root)
    (file,) = read_library(settings).files
    assert (file.name, file.row["author"]) == ("sea/moon.jpg", "Ada")
    assert file.file.version()
    assert file.file.download(io.BytesIO()) == hashlib.sha256(b"moon").hexdigest()
    assert library_service(settings) == service_of(root)


def test_it_may_hold_a_batch(name: str):
    scene = {"narration": "Hello.", "visual": "moon.jpg"}
    for row in ("b", "a"):
        put(name, f"inbox/{row}.json", json.dumps({"title": row, "scenes": [scene]}).encode())
    put(name, "inbox/film.mp4", b"no spec")
    for source in ("inbox", "inbox/*.json"):
        rows = read_rows(f"store://{name}/{source}")
        assert [row.origin for row in rows] == ["a.json", "b.json"]
        assert rows[0].spec is not None
        assert rows[0].spec.scenes is not None
        assert rows[0].spec.scenes[0].visual == f"store://{name}/inbox/moon.jpg"
    (row,) = read_rows(f"store://{name}/inbox/b.json")
    assert row.spec is not None


def test_it_may_hold_the_assets_that_the_project_lacks(name: str, tmp_path: Path):
    put(name, "library/logos/red.png", b"library")
    put(name, "library/logos/blue.png", b"library")
    (tmp_path / "logos").mkdir()
    (tmp_path / "logos" / "red.png").write_bytes(b"project")
    settings = Settings(assets=tmp_path, assets_library=f"store://{name}/library", allowed_stores=())
    assert read("assets:logos/red", settings) == b"project"
    assert read("assets:logos/blue.png", settings) == read("assets:logos/blue", settings) == b"library"
    assert locate("assets:music/ambient", settings).uri == "assets:music/ambient"  # one that comes along
    for missing in ("assets:logos/green", "assets:none/red.png"):
        with pytest.raises(SourceNotFound):
            read(missing, settings)
    with pytest.raises(SourceRefused):
        read("assets:../secret.png", settings)


@pytest.mark.parametrize("path", ["../secret", "a/../../secret", "..", "a\nb"])
def test_no_address_leads_out_of_it(path: str, name: str):
    for refused in (open_place, local_folder):
        with pytest.raises(StoreRefused):
            refused(f"store://{name}/{path}")
    with pytest.raises(SourceRefused):
        locate(f"store://{name}/{path}", ANY).version()


def test_a_link_does_not_lead_out_of_a_folder(local: dict[str, Any], save: Save, tmp_path: Path):
    (tmp_path / "secret").write_text("secret")
    folder = Path(local["folder"])
    folder.mkdir(exist_ok=True)
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(SourceRefused):
        locate(f"store://{save(**local)}/link", ANY)


def test_a_folder_is_no_service_and_a_server_is_one(name: str, fields: dict[str, Any]):
    assert service_of(f"store://{name}/a") == (None if fields["kind"] == "local" else f"storage {name}")


def test_the_operator_decides_which_stores_sources_may_name(name: str):
    address = put(name, "moon.jpg", b"moon")
    assert read(address, Settings(allowed_stores=(name,))) == b"moon"
    with pytest.raises(SourceRefused, match="does not read"):
        read(address, Settings(allowed_stores=("another",)))


def test_objects_are_where_other_programs_look_for_them(s3: dict[str, Any], bucket: Bucket, save: Save):
    put(save(**s3), "moon.jpg", b"moon")
    assert bucket.get("shorts/moon.jpg") == b"moon"


@pytest.mark.parametrize("kind", ["webdav", "sftp"])
def test_a_wrong_password_is_refused_and_not_told(kind: str, request: pytest.FixtureRequest, save: Save):
    name = save(**{**request.getfixturevalue(kind), "password": "wr0ng-secret"})
    with pytest.raises(SourceRefused) as refused:
        locate(f"store://{name}/a", ANY).version()
    assert "wr0ng" not in str(refused.value)


def test_a_server_that_shows_another_key_is_refused(sftp: dict[str, Any], save: Save):
    import paramiko

    other = paramiko.ECDSAKey.generate()
    name = save(**{**sftp, "host_key": f"{other.get_name()} {other.get_base64()}"})
    with pytest.raises(SourceRefused):
        locate(f"store://{name}/a", ANY).version()
    unknown = save(**{**sftp, "host_key": ""})
    with pytest.raises((SourceRefused, DownloadFailed)):
        locate(f"store://{unknown}/a", ANY).version()


@pytest.mark.parametrize("kind", ["s3", "webdav", "sftp"])
def test_a_server_that_is_not_there_may_come_back(kind: str, request: pytest.FixtureRequest, save: Save):
    fields = request.getfixturevalue(kind)
    gone = {"port": 1} if kind == "sftp" else {"endpoint_url": "http://127.0.0.1:1"}
    with pytest.raises(DownloadFailed):
        locate(f"store://{save(**{**fields, **gone})}/a", ANY).version()


def test_a_connection_that_was_lost_is_made_again(sftp: dict[str, Any], save: Save, tmp_path: Path):
    proxy = TcpProxy("127.0.0.1", sftp["port"])
    store = ArtifactStore(f"store://{save(**{**sftp, 'port': proxy.port})}/{uuid.uuid4().hex}", cache_dir=tmp_path)
    store.write_record("ab" * 32, b"{}")

    def is_read() -> bool:
        with suppress(StoreUnreachable):  # as a step, which is tried again
            return store.read_record("ab" * 32) == b"{}"
        return False

    for _ in range(2):
        assert proxy.cut(0) >= 1
        assert wait_until(is_read, timeout_s=120)
    proxy.close()


def test_a_connection_lost_at_the_moment_of_writing_is_a_fault_like_others():
    assert issubclass(EOFError, faults())
    assert isinstance(named_fault(EOFError(), "store://a/b"), StoreUnreachable)


def test_folders_that_many_make_at_once_are_made(sftp: dict[str, Any], save: Save, tmp_path: Path):
    store = ArtifactStore(f"store://{save(**sftp)}/{uuid.uuid4().hex}/a/b/c", cache_dir=tmp_path)
    barrier = Barrier(8)

    def write(number: int) -> None:
        store.stat("results/none")  # which connects
        barrier.wait()
        store.write_record(f"ab{number:062}", b"{}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(list(store.list("results"))) == 8


def test_a_bucket_that_is_not_there_is_the_operators_mistake(s3: dict[str, Any], save: Save, tmp_path: Path):
    store = ArtifactStore(f"store://{save(**{**s3, 'folder': 'no-such-bucket'})}", cache_dir=tmp_path)
    with pytest.raises(StoreRefused):
        store.write_record("ab" * 32, b"{}")


def test_an_unknown_name_is_told(prefect_server: str):
    with pytest.raises(StoreUnknown, match="store://nobody"):
        open_place("store://nobody/a")
    with pytest.raises(SourceRefused, match="nobody"):
        locate("store://nobody/a", ANY)


@pytest.mark.parametrize(
    ("address", "module", "extra"),
    [
        ("gs://bucket/a", "gcsfs", "gcs"),
        ("gdrive://a", "gdrive_fsspec", "gdrive"),
        ("webdav://host/a", "webdav4.fsspec", "webdav"),
        ("sftp://host/a", "fsspec.implementations.sftp", "sftp"),
    ],
)
def test_a_missing_driver_is_named_with_what_brings_it(
    address: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, address.partition(":")[0], raising=False)
    with pytest.raises(DriverMissing, match=rf"pip install 'neuroshorts\[{extra}\]'"):
        open_place(address)


def test_a_url_that_says_too_little_is_refused():
    for address in ("webdav://host/a", "nonsense://a"):
        with pytest.raises(StoreRefused):
            open_place(address)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "s3"},
        {"kind": "s3", "folder": "b", "access_key_id": "only half"},
        {"kind": "webdav"},
        {"kind": "sftp"},
        {"kind": "gdrive"},
        {"kind": "gcs", "folder": "b", "service_account": "no json"},
        {"kind": "s3", "folder": "b", "endpoint_url": "http://user:password@host"},
    ],
)
def test_a_block_that_could_not_work_is_not_saved(fields: dict[str, Any]):
    with pytest.raises(ValidationError):
        ObjectStore(**fields)


def test_its_secrets_are_not_shown(s3: dict[str, Any]):
    block = ObjectStore(**{**s3, "secret_access_key": "hidden-secret"})
    assert "hidden-secret" not in repr(block)
    assert "hidden-secret" not in block.model_dump_json()
