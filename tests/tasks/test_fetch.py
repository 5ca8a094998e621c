"""Fetching: once while a source stays the same, again when it changes, and never from where it must not."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from blocks.store import ArtifactStore
from models.media import MediaKind
from tasks.fetch import fetch_asset

Fetch = Callable[[str], Any]


def picture(width_px: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width_px, 32), "teal").save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def fetch(run: Callable[..., list[Any]]) -> Fetch:
    """Return a function that fetches one source in a flow run of its own, for the state of the step."""
    return lambda uri: run(fetch_asset, (uri, "scene 1"))[0]


@pytest.fixture
def open_web(web: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The test's web server, which the settings allow to read from."""
    monkeypatch.setenv("NEUROSHORTS_ALLOW_PRIVATE_NETWORKS", "true")
    return web


def test_a_local_picture_is_stored_and_looked_at(fetch: Fetch, store: ArtifactStore, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(picture(48))
    state = fetch(str(path))
    source = state.data.result
    assert (source.info.kind, source.info.width_px, source.info.height_px) == (MediaKind.IMAGE, 48, 32)
    assert store.local_path(source.blob).read_bytes() == path.read_bytes()
    assert fetch(str(path)).name == "Cached"
    path.write_bytes(picture(64))
    state = fetch(str(path))
    assert (state.name, state.data.result.info.width_px) == ("Completed", 64)


def test_a_colour_has_no_bytes(fetch: Fetch) -> None:
    state = fetch("color:#112233")
    assert state.data.result.info.kind is MediaKind.COLOR
    assert state.data.result.blob is None


def test_a_web_source_is_downloaded_again_only_when_its_tag_changes(fetch: Fetch, open_web: Any) -> None:
    address = f"{open_web.url}/a.png"
    open_web.page("/a.png", picture(48), headers={"ETag": '"1"'})
    assert fetch(address).name == "Completed"
    assert fetch(address).name == "Cached"
    assert open_web.gets() == 1
    open_web.page("/a.png", picture(64), headers={"ETag": '"2"'})
    state = fetch(address)
    assert (state.name, state.data.result.info.width_px) == ("Completed", 64)


def test_a_server_that_tells_no_version_is_read_every_time(fetch: Fetch, open_web: Any) -> None:
    open_web.page("/a.png", picture(48))
    states = [fetch(f"{open_web.url}/a.png") for _ in range(2)]
    assert [state.name for state in states] == ["Completed", "Completed"]
    assert states[0].data.result == states[1].data.result


def test_a_failing_server_is_asked_again(fetch: Fetch, open_web: Any) -> None:
    open_web.page("/a.png", picture(48), failures=3)
    state = fetch(f"{open_web.url}/a.png")
    assert state.is_completed()
    assert state.state_details.task_run_id
    assert open_web.gets() >= 2


def test_an_unreachable_server_leaves_the_last_copy_usable(fetch: Fetch, open_web: Any) -> None:
    address = f"{open_web.url}/a.png"
    open_web.page("/a.png", picture(48), headers={"ETag": '"1"'})
    fresh = fetch(address)
    open_web.page("/a.png", status=503)
    stale = fetch(address)
    assert stale.is_completed()
    assert stale.data.result == fresh.data.result


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ({"status": 404}, "not found"),
        ({"body": b"x", "declared_length": 9_999}, "larger than allowed"),
        ({"body": b"x" * 9_999, "unbounded": True}, "larger than allowed"),
        ({"body": b"#EXTM3U\nfile:///etc/passwd\n"}, "cannot be used"),
        ({"body": b""}, "cannot be used"),
    ],
)
def test_bad_answers_fail_once_with_one_clear_message(
    page: dict[str, Any],
    message: str,
    fetch: Fetch,
    open_web: Any,
    store: ArtifactStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEUROSHORTS_MAX_SOURCE_BYTES", "5000")
    open_web.page("/a.png", **page)
    state = fetch(f"{open_web.url}/a.png")
    assert state.is_failed()
    assert message in state.message
    assert open_web.gets() <= 2
    assert not list((store.root / "blobs").rglob("*.*"))


def test_loopback_is_refused_unless_the_operator_allows_it(fetch: Fetch, web: Any) -> None:
    web.page("/a.png", picture(48))
    state = fetch(f"{web.url}/a.png")
    assert "not a public address" in state.message
    assert web.requests == []
