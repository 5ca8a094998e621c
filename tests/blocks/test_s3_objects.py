"""Objects of S3 come in pieces, some at once, all of one version, and go on where they stopped."""

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blocks import s3_objects
from blocks.places import open_place
from blocks.settings import Settings
from blocks.sinks import PartFolder, Sink
from blocks.sources import locate
from blocks.store import ArtifactStore
from engines.errors import DownloadFailed, StoreUnreachable, TransientError
from tests.fault_proxy import SPOILT, Fault
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[2]
CONTENT = random.Random(5).randbytes(1_000_003)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_objects, "PIECE_BYTES", 100_000)


@pytest.mark.parametrize("size", [0, 1, 99_999, 100_000, 100_001, 1_000_003])
@pytest.mark.parametrize("there", [0.0, 0.37, 1.0])
def test_what_is_lacking_comes_whatever_is_there(s3: Any, size: int, there: float):
    s3.put("a/film", CONTENT[:size])
    fs, path = open_place(f"{s3.url}/a/film")
    sink = Sink(io.BytesIO())
    sink.write(CONTENT[: int(size * there)])
    assert s3_objects.download(fs, path, sink) == hashlib.sha256(CONTENT[:size]).hexdigest()
    assert sink.count == size


def test_no_more_requests_than_pieces_and_nothing_twice(s3: Any):
    s3.put("a/film", CONTENT)
    fs, path = open_place(f"{s3.url}/a/film")
    s3_objects.download(fs, path, Sink(io.BytesIO()))
    assert len(s3.proxy.requests) == s3.proxy.count("GET", "/a/film") == 11


@pytest.mark.parametrize("kind", ["truncated", "reset", "500"])
def test_a_piece_that_is_lost_is_asked_for_again(s3: Any, kind: str):
    s3.put("a/film", CONTENT)
    fs, path = open_place(f"{s3.url}/a/film")
    fault = s3.proxy.fault(kind, method="GET", path="/a/film", times=2)
    target = io.BytesIO()
    s3_objects.download(fs, path, Sink(target))
    assert (fault.times, target.getvalue()) == (0, CONTENT)


def test_a_source_that_changes_between_two_pieces_is_not_mixed(s3: Any, tmp_path: Path):
    s3.put("film.mp4", CONTENT)
    file, other = locate(f"{s3.url}/film.mp4", Settings()), CONTENT[::-1]
    s3.proxy.after("GET", "/film.mp4", lambda: s3.put("film.mp4", other))
    parts = PartFolder(tmp_path)
    with pytest.raises(DownloadFailed, match="has changed while it was read"), parts.claim(file.key) as part:
        file.download(part)
    with parts.claim(file.key) as part:
        assert part.count < len(CONTENT)
        assert file.download(part) == hashlib.sha256(other).hexdigest()


def test_what_came_before_a_fault_is_kept_and_only_the_rest_is_asked_for(s3: Any, tmp_path: Path):
    here, there = (ArtifactStore(f"{s3.url}/store", cache_dir=tmp_path / name) for name in ("here", "there"))
    path = tmp_path / "film"
    path.write_bytes(CONTENT)
    ref = here.put(path, "video/mp4")
    s3.proxy.requests.clear()
    s3.proxy.after("GET", "/blobs/", lambda: s3.proxy.fault("500", times=10_000), times=3)
    with pytest.raises(StoreUnreachable):
        there.local_path(ref)
    (part,) = there.parts.files()
    came = part.stat().st_size
    assert came >= 100_000
    s3.proxy.faults.clear()
    s3.proxy.requests.clear()
    assert there.local_path(ref).read_bytes() == CONTENT
    assert s3.proxy.count("GET", "/blobs/") == -(-(len(CONTENT) - came) // 100_000)


KILLED = """
import sys
from pathlib import Path
from blocks import s3_objects
from blocks.store import ArtifactStore
from models.artifacts import ArtifactRef

s3_objects.PIECE_BYTES = 100_000
store = ArtifactStore(sys.argv[1], cache_dir=Path(sys.argv[2]))
store.local_path(ArtifactRef.model_validate_json(sys.argv[3]))
"""


def test_what_a_killed_process_has_fetched_is_not_fetched_again(s3: Any, tmp_path: Path):
    here, there = (ArtifactStore(f"{s3.url}/store", cache_dir=tmp_path / name) for name in ("here", "there"))
    path = tmp_path / "film"
    path.write_bytes(CONTENT)
    ref = here.put(path, "video/mp4")
    stalled = Fault("slow", "GET", "/blobs/", times=s3_objects.PIECES_AT_ONCE, seconds=60)
    s3.proxy.after("GET", "/blobs/", lambda: s3.proxy.faults.append(stalled), times=4)
    command = [sys.executable, "-c", KILLED, f"{s3.url}/store", str(tmp_path / "there"), ref.model_dump_json()]
    with subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **s3.environment}) as process:
        try:
            wait_for(lambda: not stalled.times, what="its last requests")
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL
    came = _fetched(there)
    assert came >= 100_000
    s3.proxy.faults.clear()
    s3.proxy.requests.clear()
    assert there.local_path(ref).read_bytes() == CONTENT
    assert s3.proxy.count("GET", "/blobs/") == -(-(len(CONTENT) - came) // 100_000)
    assert not there.parts.files()


def _fetched(store: ArtifactStore) -> int:
    return sum(part.stat().st_size for part in store.parts.files())


def test_a_store_lives_with_all_that_a_bad_network_does(s3: Any, tmp_path: Path):
    s3.proxy.spoil(*SPOILT, seed="a bad day", share=0.3, count=200, stall_s=0.05)
    here, there = (ArtifactStore(f"{s3.url}/store", cache_dir=tmp_path / name) for name in ("here", "there"))
    for number in range(12):
        path, content = tmp_path / "film", CONTENT[number * 1000 : number * 1000 + 300_000]
        path.write_bytes(content)
        ref = until_it_works(lambda path=path: here.put(path, "video/mp4"))
        until_it_works(lambda number=number: here.write_record(f"{number:064}", b"{}"))
        assert until_it_works(lambda ref=ref: there.local_path(ref)).read_bytes() == content
        assert until_it_works(lambda number=number: there.read_record(f"{number:064}")) == b"{}"
    assert s3.proxy.spoilt.total() > 20
    assert set(s3.proxy.spoilt) == set(SPOILT)


def until_it_works(call: Callable[[], Any]) -> Any:
    """Call until no fault comes between."""
    for _ in range(20):
        try:
            return call()
        except TransientError:
            continue
    return call()
