"""The user's own library: a folder or a bucket, with an index."""

from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import fsspec
import pytest

from blocks.picture_library import library_service, open_file, read_library
from blocks.settings import Settings
from engines.errors import NothingConfigured, PresetInvalid, SourceRefused
from models.media import MediaKind

LISTING = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>media</Name><Prefix>own/</Prefix>
<KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>
<Contents><Key>own/sea/wave.mp4</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"tag1"</ETag>
<Size>4</Size></Contents>
<Contents><Key>own/notes.txt</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"tag2"</ETag>
<Size>1</Size></Contents></ListBucketResult>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sea").mkdir()
    (tmp_path / "sea" / "Wave.MP4").write_bytes(b"a")
    (tmp_path / "moon.jpg").write_bytes(b"b")
    (tmp_path / ".hidden.jpg").write_bytes(b"c")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "passwords.jpg").symlink_to("/etc/passwd")
    return tmp_path


def settings_of(place: Path | str) -> Settings:
    return Settings(stock_library=str(place), allowed_roots=(), allowed_buckets=())


def test_pictures_and_clips_of_a_folder_and_nothing_else(folder: Path):
    library = read_library(settings_of(folder))
    assert [(each.name, each.kind) for each in library.files] == [
        ("moon.jpg", MediaKind.IMAGE),
        ("sea/Wave.MP4", MediaKind.VIDEO),
    ]
    assert library.files[0].file.version()  # what senders may name does not bind the operator
    assert library_service(settings_of(folder)) is None


def test_the_version_follows_files_and_index(folder: Path):
    versions = [read_library(settings_of(folder)).version]
    (folder / "new.png").write_bytes(b"d")
    versions.append(read_library(settings_of(folder)).version)
    (folder / "index.csv").write_text("file,keywords\nnew.png,cat\n")
    versions.append(read_library(settings_of(folder)).version)
    assert len(set(versions)) == 3
    assert read_library(settings_of(folder)).version == versions[-1]


def test_the_index_is_what_a_spreadsheet_saves(folder: Path):
    rows = '\ufefffile,keywords,author,licence\r\nmoon.jpg,"full moon, night",Ada,CC0\r\ngone.jpg,x,,\r\n,,,\r\n'
    (folder / "index.csv").write_bytes(rows.encode())
    moon, wave = read_library(settings_of(folder)).files
    assert moon.row == {"file": "moon.jpg", "keywords": "full moon, night", "author": "Ada", "licence": "CC0"}
    assert wave.row == {}


@pytest.mark.parametrize("content", [b"name,keywords\na,b\n", b"\xff\xfe\x00file", b"file\n" + b'"' + b"x" * 200_000])
def test_an_index_that_cannot_be_read_is_named(content: bytes, folder: Path):
    (folder / "index.csv").write_bytes(content)
    with pytest.raises(PresetInvalid, match=r"index\.csv"):
        read_library(settings_of(folder))


def test_no_library_has_no_files_and_a_missing_one_is_named(tmp_path: Path):
    assert read_library(Settings()).files == ()
    with pytest.raises(NothingConfigured, match="NEUROSHORTS_STOCK_LIBRARY"):
        read_library(settings_of(tmp_path / "none"))


@pytest.fixture
def bucket(web: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A web server that answers like an object store, for the real S3 client."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    real = web.answer

    def answer(handler: Any, *, with_body: bool) -> None:
        if "list-type=2" in handler.path:
            web.page(handler.path, LISTING.encode())
        real(handler, with_body=with_body)

    web.answer = answer
    yield web
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def test_a_bucket_is_a_library_too(bucket: Any):
    headers = {"ETag": '"tag1"', "Last-Modified": formatdate(0, usegmt=True)}
    bucket.page("/media/own/sea/wave.mp4", b"clip", headers=headers)
    settings = settings_of("s3://media/own/")
    assert library_service(settings) == "storage media"
    (wave,) = read_library(settings).files
    assert (wave.name, wave.kind, wave.file.uri) == ("sea/wave.mp4", MediaKind.VIDEO, "s3://media/own/sea/wave.mp4")
    assert open_file(wave.file.uri, settings).version() == 'etag "tag1"'


def test_a_bucket_without_access_is_refused(bucket: Any):
    bucket.answer = lambda handler, *, with_body: (handler.send_response(403), handler.end_headers())
    with pytest.raises(SourceRefused):
        read_library(settings_of("s3://media/own"))
