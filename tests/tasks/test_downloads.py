"""A source that many want is fetched once: by the steps of a run, by runs side by side, by other processes."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from blocks.settings import Settings
from blocks.sources import locate
from blocks.store import ArtifactStore
from engines.errors import SourceUnreadable
from tasks.downloads import fetch_once
from tasks.fetch import fetch_asset
from tests.range_server import RangeServer, range_server

OPEN = Settings(allow_private_networks=True)


@pytest.fixture
def server(picture_bytes: bytes, monkeypatch: pytest.MonkeyPatch) -> Generator[RangeServer]:
    monkeypatch.setenv("NEUROSHORTS_ALLOW_PRIVATE_NETWORKS", "true")
    with range_server(picture_bytes) as running:
        yield running


def test_ten_scenes_that_want_one_source_fetch_it_once(run: Callable[..., list[Any]], server: RangeServer):
    states = run(fetch_asset, *[(server.url, f"scene {number}") for number in range(1, 11)])
    assert all(state.is_completed() for state in states)
    assert len({state.data.result.blob.sha256 for state in states}) == 1
    assert len(server.ranges) == 1


def test_a_step_that_is_retried_goes_on_where_it_was_cut_off(run: Callable[..., list[Any]], server: RangeServer):
    server.cuts = [20, 10]
    (state,) = run(fetch_asset, (server.url, "scene 1"))
    assert state.is_completed()
    assert server.ranges == [None, "bytes=20-", "bytes=30-"]
    assert server.sent == len(server.body)


OTHER = """
import os
from blocks.settings import get_settings
from blocks.sources import locate
from blocks.store import open_store
from tasks.downloads import fetch_once

print("asking", flush=True)
print(fetch_once(locate(os.environ["SOURCE"], get_settings()), open_store()).blob.sha256)
"""


def test_two_processes_fetch_it_once(run: Callable[..., list[Any]], server: RangeServer, store: ArtifactStore):
    server.gate.clear()
    command = [sys.executable, "-c", textwrap.dedent(OTHER)]
    environment = {**os.environ, "SOURCE": server.url}
    others = [
        subprocess.Popen(command, cwd=Path(__file__).parents[2], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "asking\n"
    server.gate.set()
    own = fetch_once(locate(server.url, OPEN), store).blob.sha256
    assert {other.communicate(timeout=300)[0].strip() for other in others} == {own}
    assert len(server.ranges) == 1


def test_what_has_not_changed_is_not_fetched_again_and_what_has_is(
    prefect_server: str, server: RangeServer, store: ArtifactStore
):
    file = locate(server.url, OPEN)
    first = fetch_once(file, store)
    assert fetch_once(file, store) == first
    server.headers = {"ETag": '"2"'}
    assert fetch_once(file, store).version == 'etag "2"'
    assert len(server.ranges) == 2
    store.local_path(first.blob).unlink()
    assert store.local_path(fetch_once(file, store).blob).exists()
    assert len(server.ranges) == 3


def test_what_is_refused_leaves_nothing_and_is_fetched_anew(
    prefect_server: str, server: RangeServer, store: ArtifactStore
):
    file = locate(server.url, OPEN)

    def refuse(path: Path) -> Any:
        assert path.read_bytes() == server.body
        raise SourceUnreadable(source="x", reason="no")

    with pytest.raises(SourceUnreadable):
        fetch_once(file, store, look=refuse)
    assert not list((store.root / "blobs").rglob("*.bin"))
    assert not store.parts.files()
    assert fetch_once(file, store).blob.size == len(server.body)


def test_another_query_is_another_file_and_no_secret_of_it_is_kept(
    prefect_server: str, server: RangeServer, store: ArtifactStore
):
    files = [locate(f"{server.url}?token={token}", OPEN) for token in ("one-secret", "two-secret")]
    assert files[0].key != files[1].key
    for file in files:
        fetch_once(file, store)
    assert len(server.ranges) == 2
    written = [path for path in store.root.rglob("*") if path.is_file()]
    assert not any("secret" in str(path) or b"one-secret" in path.read_bytes() for path in written)
