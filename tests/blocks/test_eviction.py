"""Making room: the longest unused first, as much as is needed, and never what a living process holds."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from blocks.eviction import PART_LIFE_S
from blocks.store import ArtifactStore
from cli import app
from engines.errors import StoreCorrupt
from models.artifacts import ArtifactRef

PROJECT = Path(__file__).parents[2]
HOUR_S = 3600.0
Open = Callable[[], ArtifactStore]


class Kept:
    """A store whose blobs a test ages, made by one process and looked at by another."""

    def __init__(self, root: Path, *, url: str | None = None, max_bytes: int | None = None) -> None:
        self.root, self.url, self.max_bytes = root, url or str(root), max_bytes
        self.refs: dict[str, ArtifactRef] = {}

    def open(self) -> ArtifactStore:
        return ArtifactStore(self.url, cache_dir=self.root, max_bytes=self.max_bytes)

    def put(self, name: str, size: int, *, hours: float) -> ArtifactRef:
        """Let a process that ends put a blob, unused since then."""
        store = self.open()
        self.refs[name] = put(store, name, size)
        leave(store)
        moment = time.time() - hours * HOUR_S
        os.utime(self.path(name), (moment, moment))
        return self.refs[name]

    def path(self, name: str) -> Path:
        return next(iter(self.root.glob(f"blobs/*/{self.refs[name].sha256}*")), self.root / "gone")

    def left(self) -> set[str]:
        return {name for name in self.refs if self.path(name).exists()}


def put(store: ArtifactStore, name: str, size: int) -> ArtifactRef:
    with store.scratch() as folder:
        path = folder / "file"
        path.write_bytes(name.encode().ljust(size, b"."))
        return store.put(path, "video/mp4")


def leave(store: ArtifactStore) -> None:
    """Let go of what a store holds, as when its process ends."""
    if store.shelf.pins._own:
        store.shelf.pins._own.close()
        store.shelf.pins._own = None
    store.shelf.pins._names = set()


@pytest.fixture(params=["local", "remote"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    return Kept(tmp_path / "root", url=None if request.param == "local" else f"memory://{tmp_path.name}")


def test_the_longest_unused_go_until_the_rest_fits(kept: Kept):
    for name, hours in (("c", 3), ("a", 9), ("b", 6), ("d", 0)):
        kept.put(name, 100, hours=hours)
    report = kept.open().shelf.evict(max_bytes=250)
    assert kept.left() == {"c", "d"}
    assert (report.removed_files, report.removed_bytes, report.kept_files, report.kept_bytes) == (2, 200, 2, 200)


def test_a_use_counts(kept: Kept):
    for name, hours in (("a", 9), ("b", 6)):
        kept.put(name, 100, hours=hours)
    user = kept.open()
    user.local_path(kept.refs["a"])
    leave(user)
    kept.open().shelf.evict(max_bytes=100)
    assert kept.left() == {"a"}


@given(sizes=st.lists(st.integers(1, 50), min_size=1, max_size=12), limit=st.integers(0, 400))
def test_no_more_goes_than_needed(sizes: list[int], limit: int, tmp_path_factory: pytest.TempPathFactory):
    kept = Kept(tmp_path_factory.mktemp("kept"))
    for number, size in enumerate(sizes):
        kept.put(f"{number:02}", size + 2, hours=100 - number)
    report = kept.open().shelf.evict(max_bytes=limit)
    left = sorted(kept.left())
    assert left == [f"{number:02}" for number in range(len(sizes))][report.removed_files :]
    assert report.kept_bytes == sum(kept.refs[name].size for name in left) <= limit or not left
    if report.removed_files:
        last = f"{report.removed_files - 1:02}"
        assert report.kept_bytes + kept.refs[last].size > limit


def test_what_is_used_stays_whatever_the_limit(kept: Kept):
    for name in "ab":
        kept.put(name, 100, hours=9)
    user = kept.open()
    path = user.local_path(kept.refs["a"])
    own = put(user, "own", 100)
    for _ in range(2):
        kept.open().shelf.evict(max_bytes=0, unused_s=0)
        assert path.exists()
        assert user.local_path(own).exists()
        assert kept.left() == {"a"}


def test_what_a_hit_in_the_cache_has_found_stays(tmp_path: Path):
    kept = Kept(tmp_path / "root")
    kept.put("a", 100, hours=9)
    user = kept.open()
    assert user.has(kept.refs["a"])
    kept.open().shelf.evict(max_bytes=0)
    assert user.local_path(kept.refs["a"]).exists()


def test_a_render_keeps_what_it_uses_and_the_next_lets_go_of_it(kept: Kept):
    for name in "abc":
        kept.put(name, 100, hours=9)
    user, other = kept.open(), kept.open()
    with user.shelf.pins.rendering():
        user.local_path(kept.refs["a"])
        with user.shelf.pins.rendering():  # another, at the same time
            user.local_path(kept.refs["b"])
        other.shelf.evict(max_bytes=0)
        assert kept.left() == {"a", "b"}
    with user.shelf.pins.rendering():
        user.local_path(kept.refs["b"])
        other.shelf.evict(max_bytes=0)
        assert kept.left() == {"b"}


def test_what_was_evicted_is_absent_from_a_store_and_fetched_again_into_a_cache(kept: Kept):
    ref = kept.put("a", 100, hours=9)
    kept.open().shelf.evict(max_bytes=0)
    store = kept.open()
    if store.is_remote:
        assert store.has(ref)
        assert store.local_path(ref).stat().st_size == 100
    else:
        assert not store.has(ref)
        with pytest.raises(StoreCorrupt):
            store.local_path(ref)
        assert put(store, "a", 100) == ref


def test_the_limit_is_kept_as_files_come(kept: Kept):
    kept.max_bytes = 1000
    for number in range(30):
        kept.put(f"{number:02}", 100, hours=40 - number)
    left = sum(path.stat().st_size for path in kept.root.glob("blobs/*/*"))
    assert 800 <= left <= 1000
    assert "29" in kept.left()
    assert "00" not in kept.left()


def test_a_dry_run_only_tells(kept: Kept):
    kept.put("a", 100, hours=9)
    shelf = kept.open().shelf
    told = shelf.evict(max_bytes=0, dry_run=True)
    assert kept.left() == {"a"}
    assert shelf.evict(max_bytes=0) == told


def test_forgotten_parts_go_too(kept: Kept):
    shelf = kept.open().shelf

    def break_off() -> None:
        with shelf.parts.claim("ab" * 32) as part:
            part.restart("tag")
            part.write(b"half")
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        break_off()
    (part,) = shelf.parts.files()
    assert shelf.evict().removed_parts == 0
    moment = time.time() - PART_LIFE_S - 1
    os.utime(part, (moment, moment))
    assert shelf.evict().removed_parts == 1
    assert not list(shelf.parts.folder.iterdir())


USER = """
import sys
from pathlib import Path
from blocks.store import ArtifactStore
from models.artifacts import ArtifactRef

store = ArtifactStore(sys.argv[1], cache_dir=Path(sys.argv[2]))
store.local_path(ArtifactRef.model_validate_json(sys.argv[3]))
print("holds", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def user(kept: Kept) -> Generator["subprocess.Popen[str]"]:
    """Another process that uses the blob `a`."""
    ref = kept.put("a", 100, hours=9)
    url = kept.url if not kept.url.startswith("memory:") else str(kept.root)
    command = [sys.executable, "-c", textwrap.dedent(USER), url, str(kept.root), ref.model_dump_json()]
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "holds\n"
    yield process
    process.kill()
    process.communicate()


def test_another_process_keeps_what_it_uses_until_it_is_killed(kept: Kept, user: "subprocess.Popen[str]"):
    kept.put("b", 100, hours=0)
    shelf = kept.open().shelf
    assert shelf.status(kept.url).held_files == 1
    assert shelf.evict(max_bytes=0).removed_files == 1
    assert kept.left() == {"a"}
    user.send_signal(signal.SIGKILL)
    user.wait()
    assert shelf.evict(max_bytes=0).removed_files == 1
    assert kept.left() == set()


def test_nothing_is_lost_between_finding_and_using(tmp_path: Path):
    """Threads that use what an evictor wants away either hold it or are told that it is gone."""
    kept = Kept(tmp_path / "root")
    names = [f"{number:03}" for number in range(150)]
    for name in names:
        kept.put(name, 50, hours=1)
    missing, stop = [], threading.Event()

    def evict() -> None:
        evictor = kept.open()
        while not stop.is_set():
            evictor.shelf.evict(max_bytes=40 * 50)

    def use(mine: list[str]) -> None:
        store = kept.open()
        for name in mine:
            try:
                path = store.local_path(kept.refs[name])
            except StoreCorrupt:
                continue
            if not path.exists():
                missing.append(name)

    users = [threading.Thread(target=use, args=(names[start::3],)) for start in range(3)]
    evictor = threading.Thread(target=evict)
    for thread in (evictor, *users):
        thread.start()
    for thread in users:
        thread.join()
    stop.set()
    evictor.join()
    assert missing == []


def test_the_command_tells_and_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept = Kept(tmp_path / "root")
    for name in "ab":
        kept.put(name, 1000, hours=36)
    monkeypatch.setenv("NEUROSHORTS_STORE", str(kept.root))
    monkeypatch.setenv("NEUROSHORTS_CACHE_MAX_GIB", "2")
    run = CliRunner().invoke
    told = json.loads(run(app, ["cache", "status", "--json"]).stdout)
    assert (told["files"], told["bytes"], told["max_bytes"]) == (2, 2000, 2 << 30)
    first, *lines = run(app, ["cache", "status"]).stdout.splitlines()
    assert first == str(kept.root)
    assert lines[0].startswith("2 files, 2.0 KiB of at most 2.0 GiB; ")
    assert lines[1:] == [
        "0 files, 0 B, in use by running programs",
        "0 files, 0 B, half fetched",
        "longest unused: 1.5 days",
    ]
    told = run(app, ["cache", "prune", "--unused-days", "1", "--dry-run"]).stdout
    assert told == "2 files (2.0 KiB) would be removed, 0 files (0 B) kept\n"
    assert kept.left() == {"a", "b"}
    gone = json.loads(run(app, ["cache", "prune", "--max-gib", "0", "--json"]).stdout)
    assert gone["removed_files"] == 2
    assert kept.left() == set()


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NEUROSHORTS_STORE", str(tmp_path / "file" / "store"))
    told = CliRunner().invoke(app, ["cache", "status"])
    assert told.exit_code == 1
    assert told.stderr == f"{tmp_path}/file/store: refused: Not a directory\n"
