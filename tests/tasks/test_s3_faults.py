"""The artifact store and sources on S3 while network and server fail: what passes ends well, what stays is told."""

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from s3fs import S3FileSystem

from blocks.settings import Settings
from blocks.sources import locate
from blocks.store import ArtifactStore
from engines.errors import DownloadFailed, SourceRefused, StoreRefused, StoreUnreachable, TransientError
from tasks.fetch import fetch_asset

PASSING = ("500", "503", "throttled", "reset", "truncated", "slow")
LASTING = ("500", "throttled", "reset", "truncated", "slow")
LARGE = os.urandom(1 << 20) * 3
KEY = "ab" * 32


@pytest.fixture(autouse=True)
def impatience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a slow answer be late after a second; the others may take their time, however busy the machine."""
    if "slow" in request.node.name:
        monkeypatch.setattr(S3FileSystem, "read_timeout", 1.0)


@pytest.fixture
def picture() -> bytes:
    target = io.BytesIO()
    Image.effect_noise((400, 300), 60).save(target, "PNG")
    return target.getvalue()


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(content)
    return path


def until_it_works(call: Callable[[], Any], *, tries: int = 4) -> Any:
    """Call as often as a step is tried."""
    for _ in range(tries - 1):
        try:
            return call()
        except TransientError:
            continue
    return call()


def left_over(cache: Path) -> list[Path]:
    """Files under temporary names, but for what a later download goes on with."""
    return [path for path in (cache / "tmp").rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.mark.parametrize("kind", PASSING)
def test_a_store_puts_and_gets_whole_blobs_and_records_through_faults(s3: Any, kind: str, tmp_path: Path):
    here, there = (ArtifactStore(f"{s3.url}/store", cache_dir=tmp_path / name) for name in ("here", "there"))
    for method in ("HEAD", "PUT", "GET"):
        s3.proxy.fault(kind, method=method, path="/store/", seconds=2.5)
    ref = until_it_works(lambda: here.put(write(tmp_path, LARGE), "video/mp4"))
    until_it_works(lambda: here.write_record(KEY, b"{}"))
    path = until_it_works(lambda: there.local_path(ref))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == ref.sha256
    assert until_it_works(lambda: there.read_record(KEY)) == b"{}"
    assert until_it_works(lambda: there.has(ref))
    assert not any(fault.times for fault in s3.proxy.faults)
    assert left_over(tmp_path / "here") == left_over(tmp_path / "there") == []
    assert len(s3.names()) == 2
    assert s3.unfinished() == []


@pytest.mark.parametrize("kind", LASTING)
def test_a_store_that_stays_away_is_one_clear_error(s3: Any, kind: str, tmp_path: Path):
    here, there = (ArtifactStore(f"{s3.url}/store", cache_dir=tmp_path / name) for name in ("here", "there"))
    ref = here.put(write(tmp_path, LARGE), "video/mp4")
    here.write_record(KEY, b"{}")
    s3.proxy.fault(kind, times=10_000, path="/store/", seconds=2.5)
    calls: tuple[Callable[[], Any], ...] = (
        lambda: there.local_path(ref),
        lambda: there.read_record(KEY),
        lambda: here.put(write(tmp_path, b"another"), "video/mp4"),
        lambda: here.write_record(KEY, b"{}"),
    )
    for call in calls if kind in ("500", "reset") else calls[:2]:
        with pytest.raises(StoreUnreachable, match=r"^s3://.* cannot be reached: "):
            call()
    assert left_over(tmp_path / "here") == left_over(tmp_path / "there") == []
    assert not list((tmp_path / "there").rglob("*.mp4"))


def test_a_store_that_lets_nobody_in_is_no_matter_of_time(s3: Any, tmp_path: Path):
    store = ArtifactStore(f"{s3.url}/store", cache_dir=tmp_path / "cache")
    s3.proxy.fault("denied", times=10_000)
    with pytest.raises(StoreRefused, match=s3.url):
        store.put(write(tmp_path, b"content"), "video/mp4")
    with pytest.raises(StoreRefused, match=s3.url):
        store.write_record(KEY, b"{}")


@pytest.mark.parametrize("kind", PASSING)
def test_a_source_is_fetched_whole_through_faults(
    s3: Any, kind: str, picture: bytes, run: Callable[..., list[Any]], store: ArtifactStore
):
    s3.put("a b/moon.png", picture)
    fault = s3.proxy.fault(kind, method="GET", path="moon.png", seconds=2.5)
    s3.proxy.fault(kind, method="HEAD", path="moon.png", seconds=2.5)
    (state,) = run(fetch_asset, (f"{s3.url}/a b/moon.png", "scene 1"))
    assert state.is_completed(), state.message
    assert fault.times == 0
    assert store.local_path(state.data.result.blob).read_bytes() == picture


@pytest.mark.parametrize("kind", LASTING)
def test_a_source_that_stays_away_is_one_clear_error(s3: Any, kind: str, picture: bytes, tmp_path: Path):
    s3.put("moon.png", picture)
    s3.proxy.fault(kind, method="GET", path="moon.png", times=10_000, seconds=2.5)
    with pytest.raises(DownloadFailed, match=f"^{s3.url}/moon.png: download failed: "):
        locate(f"{s3.url}/moon.png", Settings()).download(io.BytesIO())


def test_a_source_that_may_not_be_read_is_no_matter_of_time(s3: Any, picture: bytes):
    s3.put("moon.png", picture)
    s3.proxy.fault("denied", path="moon.png", times=10_000)
    with pytest.raises(SourceRefused, match=f"{s3.url}/moon.png"):
        locate(f"{s3.url}/moon.png", Settings()).version()
