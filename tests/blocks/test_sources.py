"""Addresses of sources: which file they mean, which are refused, and what tells that a file changed."""

import hashlib
import io
import os
from email.utils import formatdate
from pathlib import Path
from typing import Any

import fsspec
import pytest

from blocks.settings import Settings
from blocks.sources import locate
from engines.errors import SourceNotFound, SourceRefused, SourceTooLarge

ANY = Settings()


def content_of(address: str, settings: Settings = ANY) -> bytes:
    target = io.BytesIO()
    digest = locate(address, settings).download(target)
    assert digest == hashlib.sha256(target.getvalue()).hexdigest()
    return target.getvalue()


def test_a_local_file_is_read_and_named_absolutely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a b.jpg").write_bytes(b"content")
    monkeypatch.chdir(tmp_path)
    assert content_of("a b.jpg") == b"content"
    assert locate("a b.jpg", ANY).uri == str(tmp_path / "a b.jpg")


def test_a_change_of_a_local_file_changes_its_version(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one")
    os.utime(path, ns=(1, 1))
    versions = [locate(str(path), ANY).version(), locate(str(path), ANY).version()]
    os.utime(path, ns=(1, 2))
    versions.append(locate(str(path), ANY).version())
    path.write_bytes(b"three")
    os.utime(path, ns=(1, 2))
    versions.append(locate(str(path), ANY).version())
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for address in (str(tmp_path / "pipe"), "/dev/zero", str(tmp_path)):
        with pytest.raises(SourceRefused):
            content_of(address)
    for address in (str(tmp_path / "none"), str(tmp_path / "pipe" / "below")):
        with pytest.raises(SourceNotFound):
            content_of(address)


def test_allowed_roots_hold_against_dots_and_links(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.jpg").write_bytes(folder.name.encode())
    (inside / "link.jpg").symlink_to(outside / "a.jpg")
    (tmp_path / "inside-too").mkdir()
    (tmp_path / "inside-too" / "a.jpg").write_bytes(b"")
    settings = Settings(allowed_roots=(inside,))
    assert content_of(str(inside / "a.jpg"), settings) == b"inside"
    for name in ("inside/link.jpg", "inside/../outside/a.jpg", "outside/a.jpg", "inside-too/a.jpg"):
        with pytest.raises(SourceRefused):
            locate(str(tmp_path / name), settings)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SourceTooLarge):
        content_of(str(path))


def test_assets_are_found_with_and_without_their_suffix_and_only_there() -> None:
    assert content_of("assets:music/ambient") == content_of("assets:music/ambient.ogg")
    with pytest.raises(SourceNotFound):
        locate("assets:music/none", ANY)
    with pytest.raises(SourceRefused):
        locate("assets:../pyproject.toml", ANY)


@pytest.fixture
def bucket(web: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A web server that answers like an object store, for the real S3 client."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    yield web
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def test_an_object_is_read_and_its_tag_is_its_version(bucket: Any) -> None:
    headers = {"ETag": '"tag1"', "Last-Modified": formatdate(0, usegmt=True)}
    bucket.page("/films/a.jpg", b"object", headers=headers)
    assert content_of("s3://films/a.jpg") == b"object"
    first = locate("s3://films/a.jpg", ANY).version()
    headers["ETag"] = '"tag2"'
    assert locate("s3://films/a.jpg", ANY).version() != first


def test_buckets_can_be_limited(bucket: Any) -> None:
    with pytest.raises(SourceRefused):
        locate("s3://secrets/a.jpg", Settings(allowed_buckets=("films",))).version()
    assert bucket.requests == []


def test_a_missing_object_is_not_found(bucket: Any) -> None:
    with pytest.raises(SourceNotFound):
        content_of("s3://films/none.jpg")
