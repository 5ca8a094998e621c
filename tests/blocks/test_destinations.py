"""Publishing: whole or not at all, verified, labelled, and never over what belongs to another."""

import hashlib
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks import destinations
from blocks.links import share_link
from blocks.settings import Settings
from engines.errors import StoreUnreachable
from models.destination import Labels, Overwrite, Owner
from models.report import PublishedFile

SMALL, LARGE = b"a short" * 100, bytes(range(256)) * (72 << 10)  # 18 MiB: goes up in parts
MINE = Owner(title="Mine", run="run-1", spec="spec-1")
OTHER = Owner(title="Other", run="run-2", spec="spec-2")


def publish(
    folder: str,
    tmp_path: Path,
    content: bytes = SMALL,
    *,
    owner: Owner = MINE,
    overwrite: Overwrite = Overwrite.AUTO,
    sha256: str | None = None,
) -> PublishedFile:
    source = tmp_path / "source"
    source.write_bytes(content)
    labels = Labels(
        title="Ünïcode\r\nX-Injected: 1",
        run=owner.run,
        media_type="video/mp4",
        sha256=sha256 or hashlib.sha256(content).hexdigest(),
        cache_control="no-cache",
    )
    files = {"video.mp4": (source, labels)}
    destinations.claim_folder(folder, owner, overwrite, files=files)
    (file,) = destinations.publish_files(files, folder=folder)
    return file


def fetched(link: str) -> bytes:
    answer = httpx.get(link, follow_redirects=True)
    answer.raise_for_status()
    return answer.content


# --- S3 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [SMALL, LARGE, b""], ids=["whole", "in parts", "empty"])
def test_the_link_downloads_the_same_bytes_with_type_caching_and_labels(s3: Any, content: bytes, tmp_path: Path):
    file = publish(f"{s3.url}/a b/ü", tmp_path, content)
    link, expires = share_link(file, Settings())
    assert hashlib.sha256(fetched(link)).hexdigest() == file.sha256
    assert "X-Amz-Signature=" in link
    assert expires is not None
    assert abs(expires.timestamp() - time.time() - 7 * 24 * 3600) < 60
    head = s3.head("a b/ü/video.mp4")
    assert (head["ContentType"], head["CacheControl"]) == ("video/mp4", "no-cache")
    assert head["Metadata"] == {"title": "%C3%9Cn%C3%AFcode%0D%0AX-Injected: 1", "run": "run-1", "sha256": file.sha256}
    assert s3.unfinished() == []
    assert destinations.holds(file)


def test_a_link_below_a_public_base_downloads_the_same_bytes(s3: Any, tmp_path: Path):
    s3.client.put_bucket_acl(Bucket=s3.bucket, ACL="public-read")
    file = publish(f"{s3.url}/a b/c", tmp_path)
    bases = {s3.url: "https://wrong.example", f"{s3.url}/a b": f"{s3.proxy.url}/{s3.bucket}/a%20b/"}
    link, expires = share_link(file, Settings(link_bases=bases))
    assert (link, expires) == (f"{s3.proxy.url}/{s3.bucket}/a%20b/c/video.mp4", None)


def test_what_is_there_already_is_not_uploaded_again(s3: Any, tmp_path: Path):
    publish(f"{s3.url}/a", tmp_path)
    before = s3.proxy.count("PUT", "video.mp4")
    publish(f"{s3.url}/a", tmp_path)
    assert s3.proxy.count("PUT", "video.mp4") == before == 1


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["whole", "in parts"])
@pytest.mark.parametrize("kind", ["500", "503", "throttled", "reset", "truncated"])
@pytest.mark.parametrize("method", ["PUT", "GET", "POST"])
def test_faults_that_pass_end_well(s3: Any, kind: str, method: str, content: bytes, tmp_path: Path):
    s3.proxy.fault(kind, method=method, times=2)
    file = publish(f"{s3.url}/a", tmp_path, content)
    assert s3.get("a/video.mp4") == content
    assert s3.unfinished() == []
    assert destinations.holds(file)


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["whole", "in parts"])
@pytest.mark.parametrize("kind", ["500", "throttled", "reset"])
def test_a_fault_that_lasts_is_one_clear_error_and_leaves_nothing_half(
    s3: Any, kind: str, content: bytes, tmp_path: Path
):
    s3.proxy.fault(kind, method="PUT", path="video.mp4", times=10_000)
    with pytest.raises(StoreUnreachable) as told:
        publish(f"{s3.url}/a", tmp_path, content)
    assert f"{s3.url}/a" in str(told.value)
    assert "video.mp4" not in "".join(s3.keys())
    assert s3.unfinished() == []
