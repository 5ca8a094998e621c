"""The artifact store: content in, the same content out, whatever happens in between."""

import hashlib
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.sinks import Sink
from blocks.store import ArtifactStore
from engines.errors import StoreCorrupt, StoreUnreachable

MakeStore = Callable[[], ArtifactStore]


@pytest.fixture(params=["local", "remote"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> MakeStore:
    url = str(tmp_path / "store") if request.param == "local" else f"memory://{tmp_path.name}"
    counter = itertools.count()
    return lambda: ArtifactStore(url, cache_dir=tmp_path / f"cache{next(counter)}")


def write(folder: Path, content: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@given(content=st.binary(max_size=5000))
def test_what_goes_in_comes_out(content: bytes, make_store: MakeStore, tmp_path: Path) -> None:
    ref = make_store().put(write(tmp_path, content), "image/png")
    assert ref.sha256 == hashlib.sha256(content).hexdigest()
    assert ref.size == len(content)
    elsewhere = make_store()
    assert elsewhere.has(ref)
    assert elsewhere.local_path(ref).read_bytes() == content
    assert elsewhere.local_path(ref).suffix == ".png"


@pytest.mark.parametrize("size", [(256 << 10) - 1, 256 << 10, (256 << 10) + 1, 2 << 20])
def test_a_blob_of_any_size_gets_to_where_the_store_lies(size: int, make_store: MakeStore, tmp_path: Path) -> None:
    content = os.urandom(size)
    ref = make_store().put(write(tmp_path, content), "image/png")
    assert make_store().local_path(ref).read_bytes() == content


def test_a_record_of_a_remote_store_is_as_young_as_its_last_use(tmp_path: Path) -> None:
    store = ArtifactStore(f"memory://{tmp_path.name}", cache_dir=tmp_path / "cache")
    store.write_record("ab" * 32, b"{}")
    (record,) = store.list("results")
    file = fsspec.filesystem("memory").store[f"/{tmp_path.name}/{record.key}"]
    file.modified = file.created = datetime.now(UTC) - timedelta(days=9)
    assert store.peek(record.key) == b"{}"
    assert store.stat(record.key).modified_s < time.time() - 8 * 86_400
    assert store.read_record("ab" * 32) == b"{}"
    assert store.stat(record.key).modified_s > time.time() - 3600


def test_a_copy_leaves_the_source_and_a_move_takes_it(make_store: MakeStore, tmp_path: Path) -> None:
    store, path = make_store(), write(tmp_path, b"content")
    copied = store.put(path, "text/plain")
    assert path.exists()
    moved = store.put(path, "text/plain", move=True)
    assert not path.exists()
    assert moved == copied


def test_an_existing_blob_is_not_written_again(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path / "store"), cache_dir=tmp_path)
    first = store.local_path(store.put(write(tmp_path, b"same"), "text/plain")).stat()
    second = store.local_path(store.put(write(tmp_path, b"same"), "text/plain")).stat()
    assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)


def test_a_deleted_or_damaged_blob_is_absent_until_it_is_put_again(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path / "store"), cache_dir=tmp_path)
    ref = store.put(write(tmp_path, b"content"), "text/plain")
    blob = store.local_path(ref)
    for damage in (lambda: blob.write_bytes(b"cont"), lambda: blob.write_bytes(b"c0ntent"), blob.unlink):
        damage()
        assert not store.has(ref)
        with pytest.raises(StoreCorrupt):
            store.local_path(ref)
        store.put(write(tmp_path, b"content"), "text/plain")
        assert blob.read_bytes() == b"content"


def test_a_remote_blob_that_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    url = f"memory://{tmp_path.name}-damaged"
    ref = ArtifactStore(url, cache_dir=tmp_path / "a").put(write(tmp_path, b"content"), "text/plain")
    other = ArtifactStore(url, cache_dir=tmp_path / "b")
    other._remote._fs.pipe_file(ref.uri, b"garbled")
    with pytest.raises(StoreCorrupt):
        other.local_path(ref)
    assert not list((tmp_path / "b").rglob("*.txt"))
    assert other.has(ref) is False  # so the step that made it runs again


def test_a_damaged_copy_of_a_remote_blob_is_fetched_again(tmp_path: Path) -> None:
    store = ArtifactStore(f"memory://{tmp_path.name}-copies", cache_dir=tmp_path / "cache")
    ref = store.put(write(tmp_path, b"content"), "text/plain")
    store.local_path(ref).write_bytes(b"c0ntent")
    assert store.local_path(ref).read_bytes() == b"content"


def test_a_blob_is_read_once_by_a_process_that_did_not_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ArtifactStore(str(tmp_path / "store"), cache_dir=tmp_path)
    ref = made.put(write(tmp_path, b"content"), "text/plain")
    read = []
    digest = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: read.append(file.name) or digest(file, name))
    assert made.has(ref)
    assert read == []
    other = ArtifactStore(str(tmp_path / "store"), cache_dir=tmp_path)
    assert [other.has(ref), other.has(ref), bool(other.local_path(ref))] == [True] * 3
    assert len(read) == 1


def test_what_came_of_a_remote_blob_is_not_fetched_again(tmp_path: Path) -> None:
    url, content = f"memory://{tmp_path.name}-resumed", os.urandom(100_000)
    ref = ArtifactStore(url, cache_dir=tmp_path / "a").put(write(tmp_path, content), "text/plain")
    key = ref.uri.removeprefix(f"{url}/")
    other = ArtifactStore(url, cache_dir=tmp_path / "b")

    def leave(part_of_it: bytes) -> None:
        with other.parts.claim(ref.sha256) as part:
            part.restart(key)
            part.write(part_of_it)
            raise StoreUnreachable(uri=ref.uri, reason="as when the network is gone")

    with pytest.raises(StoreUnreachable):
        leave(content[:60_000])
    read = []
    real = Sink.write
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sink, "write", lambda sink, chunk: (read.append(len(chunk)), real(sink, chunk)))
        assert other.local_path(ref).read_bytes() == content
    assert sum(read) == 40_000

    other.local_path(ref).unlink()
    with pytest.raises(StoreUnreachable):
        leave(bytes(60_000))
    with pytest.raises(StoreCorrupt):
        other.local_path(ref)
    assert other.has(ref)  # what was damaged lay here
    assert other.local_path(ref).read_bytes() == content
    assert not other.parts.files()


def test_records_are_replaced_whole(make_store: MakeStore) -> None:
    store, key = make_store(), "ab" * 32
    with pytest.raises(FileNotFoundError):
        store.read_record(key)
    store.write_record(key, b"{}")
    store.write_record(key, b"[]")
    assert make_store().read_record(key) == b"[]"


def test_scratch_is_on_the_stores_file_system_and_goes_away(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path / "store"), cache_dir=tmp_path)
    seen = []

    def fail_half_way() -> None:
        with store.scratch() as folder:
            seen.append(folder)
            assert folder.stat().st_dev == store.root.stat().st_dev
            write(folder, b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert not seen[0].exists()


def test_threads_may_put_the_same_content_at_once(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path / "store"), cache_dir=tmp_path)
    content = os.urandom(3 << 20)
    paths = [write(tmp_path, content, f"copy{number}") for number in range(8)]
    threads = [threading.Thread(target=store.put, args=(path, "image/png")) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (blob,) = (store.root / "blobs").rglob("*.png")
    assert blob.read_bytes() == content
    assert not list((store.root / "tmp").glob("*/*"))


KILLED = """
import os, signal, sys
from pathlib import Path
from blocks.store import ArtifactStore

store = ArtifactStore(sys.argv[1], cache_dir=Path(sys.argv[1]))
with store.scratch() as folder:
    half = folder / "half"
    half.write_bytes(b"half")
    if sys.argv[2] == "put":
        os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
        store.put(half, "image/png")
    if sys.argv[2] == "record":
        os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
        store.write_record("ab" * 32, b"{}")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["scratch", "put", "record"])
def test_a_killed_process_leaves_nothing_under_a_final_name(moment: str, tmp_path: Path) -> None:
    root = tmp_path / "store"
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(root), moment]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    leftovers = [path for path in root.rglob("*") if path.is_file()]
    assert leftovers
    assert all({"tmp", "pins"} & set(path.relative_to(root).parts) for path in leftovers)
    alive = ArtifactStore(str(root), cache_dir=root)
    alive.shelf.evict()
    with alive.scratch() as folder:
        own_lock = folder.parent.with_suffix(".lock")
    assert {path for path in root.rglob("*") if path.is_file()} == {own_lock, root / "pins" / "gate"}


def test_the_half_made_files_of_a_live_process_are_left_alone(tmp_path: Path) -> None:
    first = ArtifactStore(str(tmp_path / "store"), cache_dir=tmp_path)
    with first.scratch() as folder:
        path = write(folder, b"half")
        ArtifactStore(str(tmp_path / "store"), cache_dir=tmp_path)
        assert path.exists()
