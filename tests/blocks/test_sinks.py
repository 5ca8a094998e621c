"""Downloads that are cut off go on from there, by whoever comes next; nothing half is ever taken for whole."""

import base64
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.settings import Settings
from blocks.sinks import PartFolder
from blocks.sources import locate
from blocks.web import WebFile
from engines.errors import DownloadFailed, SourceTooLarge
from tests.range_server import RangeServer, range_server

OPEN = Settings(allow_private_networks=True)
FILM = os.urandom(300_000)


@pytest.fixture
def server() -> Generator[RangeServer]:
    with range_server(FILM) as running:
        yield running


@pytest.fixture
def parts(tmp_path: Path) -> PartFolder:
    return PartFolder(tmp_path / "partial")


def fetch(server: RangeServer, parts: PartFolder, settings: Settings = OPEN) -> bytes:
    """Make one attempt; return what came once it is whole."""
    file = WebFile(server.url, settings)
    with parts.claim(file.key) as part:
        digest = file.download(part)
        content = part.finished().read_bytes()
        assert digest == hashlib.sha256(content).hexdigest()
        return content


def fail(server: RangeServer, parts: PartFolder) -> None:
    with pytest.raises(DownloadFailed):
        fetch(server, parts)


@pytest.mark.parametrize("headers", [{"ETag": '"1"'}, {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}])
def test_what_came_is_not_fetched_again(headers: dict[str, str], server: RangeServer, parts: PartFolder):
    server.headers, server.cuts = headers, [100_000, 0, 150_000]
    for _ in range(3):
        fail(server, parts)
    assert fetch(server, parts) == FILM
    assert server.sent == len(FILM)
    assert server.ranges == [None, "bytes=100000-", "bytes=100000-", "bytes=250000-"]
    assert list(parts.folder.iterdir()) == []


@given(cuts=st.lists(st.integers(0, 150_000), max_size=6))
def test_wherever_it_is_cut_off_the_content_is_the_same(cuts: list[int], tmp_path_factory: pytest.TempPathFactory):
    parts = PartFolder(tmp_path_factory.mktemp("parts"))
    with range_server(FILM) as server:
        server.cuts = list(cuts)
        for _ in range(len(cuts) + 1):
            try:
                content = fetch(server, parts)
                break
            except DownloadFailed:
                continue
    assert content == FILM
    assert server.sent == len(FILM)


def test_a_file_that_changed_meanwhile_is_fetched_whole(server: RangeServer, parts: PartFolder):
    server.cuts = [100_000]
    fail(server, parts)
    server.body, server.headers = FILM[::-1], {"ETag": '"2"'}
    assert fetch(server, parts) == FILM[::-1]


def test_a_server_that_sends_another_part_or_none_is_asked_for_the_whole(server: RangeServer, parts: PartFolder):
    server.cuts, server.shift = [100_000], 7
    fail(server, parts)
    fail(server, parts)
    assert fetch(server, parts) == FILM
    assert server.ranges == [None, "bytes=100000-", None]


def test_a_part_of_a_changed_file_is_not_joined_even_if_the_server_forgets_to_look(
    server: RangeServer, parts: PartFolder, monkeypatch: pytest.MonkeyPatch
):
    server.cuts = [100_000]
    fail(server, parts)
    server.body, server.headers = FILM[::-1], {"ETag": '"2"'}
    real = server._start
    server._start = lambda asked, condition: real(asked, None)  # type: ignore[method-assign]
    fail(server, parts)
    assert fetch(server, parts) == FILM[::-1]


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"1"'}, {"ETag": '"1"', "Accept-Ranges": "none"}])
def test_what_cannot_be_told_from_another_version_is_not_gone_on_with(
    headers: dict[str, str], server: RangeServer, parts: PartFolder
):
    server.headers, server.cuts = headers, [100_000]
    fail(server, parts)
    assert list(parts.folder.iterdir()) == []
    assert fetch(server, parts) == FILM
    assert server.ranges == [None, None]


def test_a_server_without_ranges_sends_all_of_it(server: RangeServer, parts: PartFolder):
    server.cuts, server.knows_ranges = [100_000], False
    fail(server, parts)
    assert fetch(server, parts) == FILM


def test_a_file_that_became_shorter_is_fetched_whole(server: RangeServer, parts: PartFolder):
    server.cuts = [100_000]
    fail(server, parts)
    server.body = FILM[:50_000]
    fail(server, parts)
    assert fetch(server, parts) == FILM[:50_000]


def test_the_limit_counts_what_came_before(server: RangeServer, parts: PartFolder):
    server.cuts = [100_000]
    fail(server, parts)
    with pytest.raises(SourceTooLarge):
        fetch(server, parts, OPEN.model_copy(update={"max_source_bytes": 250_000}))
    assert list(parts.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["Repr-Digest", "Digest", "x-amz-checksum-sha256"])
def test_a_checksum_that_the_server_states_is_verified(name: str, server: RangeServer, parts: PartFolder):
    form = {"Repr-Digest": "sha-256=:{}:", "Digest": "SHA-256={}"}.get(name, "{}")
    for content, good in ((FILM[::-1], False), (FILM, True)):
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        server.headers = {"ETag": '"1"', name: form.format(digest)}
        if good:
            assert fetch(server, parts) == FILM
        else:
            with pytest.raises(DownloadFailed, match="checksum"):
                fetch(server, parts)


def test_what_was_written_before_the_machine_started_is_not_trusted(server: RangeServer, parts: PartFolder):
    server.cuts = [100_000]
    fail(server, parts)
    (part,) = parts.files()
    os.utime(part, (1, 1))
    assert fetch(server, parts) == FILM
    assert server.ranges == [None, None]


def test_forgotten_parts_can_be_told_from_those_that_are_fetched(server: RangeServer, parts: PartFolder):
    server.cuts = [100_000]
    fail(server, parts)
    (part,) = parts.files()
    assert parts.stale(older_than_s=60) == []
    os.utime(part, (time.time() - 100, time.time() - 100))
    assert parts.stale(older_than_s=60) == [part]
    with parts.claim(part.name) as held:
        os.utime(held.path, (time.time() - 100, time.time() - 100))
        assert parts.stale(older_than_s=60) == []


def test_a_folder_of_this_machine_needs_no_going_on(parts: PartFolder, tmp_path: Path):
    (tmp_path / "film").write_bytes(FILM)
    file = locate(str(tmp_path / "film"), OPEN)
    for _ in range(2):
        with parts.claim(file.key) as part:
            assert file.download(part) == hashlib.sha256(FILM).hexdigest()


def test_of_many_at_once_one_holds_the_file(parts: PartFolder):
    inside, most = [0], [0]

    def hold() -> None:
        for _ in range(20):
            with parts.claim("same") as part:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                part.write(b"x")
                inside[0] -= 1

    threads = [threading.Thread(target=hold) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert list(parts.folder.iterdir()) == []


KILLED = """
import signal
import sys
from pathlib import Path
from blocks.settings import Settings
from blocks.sinks import PartFolder
from blocks.web import WebFile

file = WebFile(sys.argv[2], Settings(allow_private_networks=True))
with PartFolder(Path(sys.argv[1])).claim(file.key) as part:
    def write(chunk, write=part.write):
        write(chunk)
        part._file.flush()
        if part.count >= 1_000_000:
            print("some of it", flush=True)
            signal.pause()

    part.write = write
    file.download(part)
"""


def test_downloads_that_end_while_the_folder_is_looked_at_are_no_error(parts: PartFolder):
    ended = threading.Event()

    def fetch(name: str) -> None:
        while not ended.is_set():
            with parts.claim(name) as part:
                part.write(b"all of it")

    fetching = [threading.Thread(target=fetch, args=(f"{number:064}",)) for number in range(4)]
    for thread in fetching:
        thread.start()
    try:
        for _ in range(2_000):
            assert set(parts.stale(older_than_s=-60.0)) <= set(
                map(parts.folder.joinpath, map("{:064}".format, range(4)))
            )
    finally:
        ended.set()
        for thread in fetching:
            thread.join()
    assert not parts.files()


def test_a_killed_process_leaves_what_another_goes_on_with(parts: PartFolder):
    body = os.urandom(30_000_000)
    with range_server(body) as server:
        command = [sys.executable, "-c", textwrap.dedent(KILLED), str(parts.folder), server.url]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "some of it\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        (part,) = parts.files()
        there = part.stat().st_size
        assert fetch(server, parts) == body
    assert server.ranges[1] == f"bytes={there}-"
    assert 1_000_000 <= there < len(body)
