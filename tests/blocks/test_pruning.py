"""Pruning takes what nobody has used for long, and never what a record that stays or a live render needs."""

import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from blocks import store as stores
from blocks.object_store import ObjectStore
from blocks.pruning import MIN_AGE_S, prune
from blocks.records import SERIALIZER, StepRecords
from blocks.store import ArtifactStore, open_store
from models.artifacts import ArtifactRef
from tasks.prune import prune_blobs
from tests.storage_servers import PASSWORD, USER, sftp_server

DAY_S = 24 * 3600.0


class Shelf:
    """A store whose files a test ages."""

    def __init__(self, store: ArtifactStore, root: Path) -> None:
        self.store, self.root = store, root

    def keep(self, key: str, content: bytes, *, days: float) -> ArtifactRef:
        """Put a blob and a record that refers to it, both as old as that."""
        ref = self.blob(content, days=days)
        result = json.dumps({"data": ref.model_dump(mode="json")})
        record = json.dumps({"result": result, "metadata": {"serializer": SERIALIZER.model_dump(mode="json")}})
        self.store.write_record(key, record.encode())
        self.age(next(self.root.glob(f"results/*/{key}.json")), days)
        return ref

    def blob(self, content: bytes, *, days: float) -> ArtifactRef:
        path = self.root / "incoming"
        self.root.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        ref = self.store.put(path, "video/mp4")
        self.age(next(self.root.glob(f"blobs/*/{ref.sha256}*")), days)
        return ref

    def there(self, ref: ArtifactRef) -> bool:
        """Look for a blob without counting as a use."""
        return self.store.stat(ref.uri.removeprefix(f"{self.root}/")) is not None

    def age(self, path: Path, days: float) -> None:
        moment = time.time() - days * DAY_S
        os.utime(path, (moment, moment))


@pytest.fixture
def shelf(store: ArtifactStore) -> Shelf:
    return Shelf(store, store.root)


def test_old_records_go_with_their_blobs_and_young_ones_stay(shelf: Shelf):
    old, young = shelf.keep("a" * 64, b"old", days=40), shelf.keep("b" * 64, b"young", days=20)
    report = prune(shelf.store, max_age_s=30 * DAY_S)
    assert (report.removed_records, report.removed_blobs, report.freed_bytes) == (1, 1, 3)
    assert (report.kept_records, report.kept_bytes) == (1, 5)
    assert not shelf.store.has(old)
    assert shelf.store.has(young)


def test_a_blob_that_a_young_record_shares_stays(shelf: Shelf):
    shelf.keep("a" * 64, b"shared", days=40)
    shared = shelf.keep("b" * 64, b"shared", days=2)
    shelf.age(next(shelf.root.glob(f"blobs/*/{shared.sha256}*")), 40)
    report = prune(shelf.store, max_age_s=30 * DAY_S)
    assert (report.removed_records, report.removed_blobs) == (1, 0)
    assert shelf.store.has(shared)


def test_what_is_not_recorded_yet_stays_and_orphans_go(shelf: Shelf):
    fresh, orphan = shelf.blob(b"a live render's", days=0.5), shelf.blob(b"left behind", days=2)
    prune(shelf.store, max_age_s=30 * DAY_S)
    assert shelf.store.has(fresh)
    assert not shelf.store.has(orphan)


def test_a_cache_hit_makes_young_again(shelf: Shelf):
    ref = shelf.keep("a" * 64, b"used", days=40)
    StepRecords().read_path("a" * 64)
    prune(shelf.store, max_age_s=30 * DAY_S)
    assert shelf.store.has(ref)
    assert shelf.store.read_record("a" * 64)


def test_above_the_size_the_longest_unused_go_but_none_that_a_live_render_may_hold(shelf: Shelf):
    refs = {days: shelf.keep(f"{days:064d}", b"x" * 100 + str(days).encode(), days=days) for days in (9, 6, 3, 0)}
    report = prune(shelf.store, max_age_s=30 * DAY_S, max_bytes=250)
    assert [days for days, ref in refs.items() if shelf.there(ref)] == [3, 0]
    assert report.removed_records == 2
    prune(shelf.store, max_age_s=30 * DAY_S, max_bytes=1)
    assert [days for days, ref in refs.items() if shelf.there(ref)] == [0]


def test_no_age_is_short_enough_for_a_live_render(shelf: Shelf):
    ref = shelf.keep("a" * 64, b"young", days=MIN_AGE_S / DAY_S / 2)
    prune(shelf.store, max_age_s=1)
    assert shelf.store.has(ref)


def test_a_dry_run_removes_nothing_and_tells_the_same(shelf: Shelf):
    ref = shelf.keep("a" * 64, b"old", days=40)
    told = prune(shelf.store, max_age_s=30 * DAY_S, dry_run=True)
    assert shelf.there(ref)
    assert prune(shelf.store, max_age_s=30 * DAY_S) == told


def test_a_remote_store_is_pruned_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEUROSHORTS_STORE", "memory://prune-test")
    monkeypatch.setenv("NEUROSHORTS_CACHE_DIR", str(tmp_path))
    store = open_store()
    path = tmp_path / "incoming"
    path.write_bytes(b"remote")
    ref = store.put(path, "video/mp4")
    assert prune(store, max_age_s=30 * DAY_S).removed_blobs == 0
    monkeypatch.setattr("blocks.pruning.time.time", lambda: 4e9)
    report = prune(store, max_age_s=30 * DAY_S)
    assert report.removed_blobs == 1
    assert not store.has(ref)
    stores._open.cache_clear()


def test_uploads_in_parts_that_were_cut_off_are_aborted_in_the_store_and_at_the_destination(
    s3: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """The server dates every upload years back."""
    monkeypatch.setenv("NEUROSHORTS_STORE", f"{s3.url}/store")
    monkeypatch.setenv("NEUROSHORTS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NEUROSHORTS_DESTINATION", f"{s3.url}/out/{{date}}/{{slug}}")
    for key in ("store/blobs/ab/film", "store-of-another/film", "out/2026/film", "elsewhere/film"):
        s3.client.create_multipart_upload(Bucket=s3.bucket, Key=key)
    assert prune_blobs.fn(30, None, dry_run=True).removed_uploads == 2
    assert len(s3.unfinished()) == 4
    assert prune_blobs.fn(30, None, dry_run=False).removed_uploads == 2
    assert sorted(s3.unfinished()) == ["elsewhere/film", "store-of-another/film"]


def test_temporary_files_of_a_server_that_renames_are_removed_when_they_are_old(tmp_path: Path, prefect_server: str):
    with sftp_server(tmp_path) as (port, host_key):
        where = {"host": "127.0.0.1", "port": port, "host_key": host_key, "username": USER, "password": PASSWORD}
        name = f"pruned-{uuid.uuid4().hex[:8]}"
        ObjectStore(kind="sftp", folder="/films", **where).save(name)
        store = ArtifactStore(f"store://{name}/store", cache_dir=tmp_path / "cache")
        store.write_record("ab" * 32, b"{}")
        old, new = (tmp_path / f"films/store/blobs/ab/{part}.part" for part in ("old", "new"))
        old.parent.mkdir(parents=True)
        for path in (old, new):
            path.touch()
        os.utime(old, (0, 0))
        assert prune(store, max_age_s=30 * DAY_S, dry_run=True).removed_uploads == 1
        assert prune(store, max_age_s=30 * DAY_S).removed_uploads == 1
        assert (old.exists(), new.exists()) == (False, True)
        assert store.read_record("ab" * 32) == b"{}"
