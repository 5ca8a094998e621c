"""Publishing: whole or not at all, verified, labelled, and never over what belongs to another."""

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from s3fs import S3FileSystem

from blocks import destinations
from blocks.claims import CLAIM
from blocks.destinations import share_link
from blocks.settings import Settings
from blocks.store import ArtifactStore
from engines.errors import (
    DestinationLost,
    DestinationTaken,
    StoreCorrupt,
    StoreRefused,
    StoreUnreachable,
    UploadDamaged,
)
from models.destination import Labels, Overwrite, Owner
from models.report import PublishedFile
from tests.publishing import winners

PROJECT = Path(__file__).parents[2]
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


@pytest.mark.parametrize(
    ("kind", "method", "content"),
    [
        *((kind, "PUT", SMALL) for kind in ("500", "503", "throttled", "reset", "truncated")),
        *((kind, "GET", SMALL) for kind in ("throttled", "reset", "truncated")),
        *((kind, "POST", LARGE) for kind in ("503", "reset", "truncated")),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_faults_that_pass_end_well(s3: Any, kind: str, method: str, content: bytes, tmp_path: Path):
    fault = s3.proxy.fault(kind, method=method)
    file = publish(f"{s3.url}/a", tmp_path, content)
    assert fault.times == 0
    assert s3.get("a/video.mp4") == content
    assert s3.unfinished() == []
    assert destinations.holds(file)


@pytest.mark.parametrize(
    ("kind", "content"), [("500", SMALL), ("throttled", SMALL), ("reset", SMALL), ("500", LARGE), ("reset", LARGE)]
)
def test_a_fault_that_lasts_is_one_clear_error_and_leaves_nothing_half(
    s3: Any, kind: str, content: bytes, tmp_path: Path
):
    s3.proxy.fault(kind, method="PUT", path="video.mp4", times=10_000)
    with pytest.raises(StoreUnreachable, match=f"{s3.url}/a/video.mp4 cannot be reached"):
        publish(f"{s3.url}/a", tmp_path, content)
    assert not any(key.endswith("video.mp4") for key in s3.names())
    assert s3.unfinished() == []


def test_a_server_that_says_when_it_has_time_again_is_quoted(s3: Any, tmp_path: Path):
    s3.proxy.fault("throttled", method="PUT", path="video.mp4", times=10_000, retry_after_s=7)
    with pytest.raises(StoreUnreachable) as told:
        publish(f"{s3.url}/a", tmp_path)
    assert told.value.retry_after_s == 7


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(S3FileSystem, "read_timeout", 1.0)
    s3.proxy.fault("slow", method="PUT", path="video.mp4", times=1, seconds=3)
    publish(f"{s3.url}/a", tmp_path)
    assert s3.get("a/video.mp4") == SMALL
    s3.proxy.fault("slow", method="PUT", path="video.mp4", times=10_000, seconds=3)
    with pytest.raises(StoreUnreachable):
        publish(f"{s3.url}/a", tmp_path, b"another")


def test_what_arrives_changed_is_told_and_does_not_stay(s3: Any, tmp_path: Path):
    fault = s3.proxy.fault("garbled", method="GET", path="video.mp4", times=1)
    with pytest.raises(UploadDamaged, match="is not what was sent"):
        publish(f"{s3.url}/a", tmp_path)
    assert fault.times == 0
    assert s3.names() == [f"a/{CLAIM}"]
    publish(f"{s3.url}/a", tmp_path)
    assert s3.get("a/video.mp4") == SMALL


@pytest.mark.parametrize("kind", ["denied", "no bucket"])
def test_a_bucket_that_takes_nothing_is_told_at_once(s3: Any, kind: str, tmp_path: Path):
    folder = f"{s3.url}/a"
    if kind == "denied":
        s3.proxy.fault("denied", method="PUT", times=10_000)
    else:
        folder = "s3://there-is-none/a"
    with pytest.raises(StoreRefused, match=folder):
        publish(folder, tmp_path)
    assert s3.proxy.count("PUT") <= 1


KILLED = """
import os, signal, sys
from pathlib import Path
from blocks import destinations
from models.destination import Labels

source = Path(sys.argv[2])
labels = Labels(title="t", run="r", media_type="video/mp4", sha256=sys.argv[3], cache_control="no-cache")
destinations.publish_files({"video.mp4": (source, labels)}, folder=sys.argv[1])
"""


def killed(folder: str, tmp_path: Path, environment: dict[str, str], when: Callable[[], bool]) -> None:
    """Publish in a process of its own, and kill that once `when` says so."""
    source = tmp_path / "large"
    source.write_bytes(LARGE * 8)
    command = [sys.executable, "-c", KILLED, folder, str(source), hashlib.sha256(source.read_bytes()).hexdigest()]
    process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **environment})
    deadline = time.monotonic() + 120
    while not when() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_what_a_killed_upload_left_is_gone_after_the_next(s3: Any, tmp_path: Path):
    s3.proxy.fault("slow", method="PUT", path="partNumber=3", seconds=60)
    killed(f"{s3.url}/a", tmp_path, s3.environment, lambda: s3.proxy.count("PUT", "partNumber=3") > 0)
    assert s3.unfinished() == ["a/video.mp4"]
    assert s3.names() == []
    publish(f"{s3.url}/a", tmp_path)
    assert s3.unfinished() == []
    assert s3.get("a/video.mp4") == SMALL


def test_what_another_puts_in_its_place_meanwhile_is_told_and_left(s3: Any, tmp_path: Path):
    s3.proxy.after("GET", "video.mp4", lambda: s3.put("a/video.mp4", b"theirs"))
    with pytest.raises(UploadDamaged, match="something else has taken its place"):
        publish(f"{s3.url}/a", tmp_path)
    assert s3.get("a/video.mp4") == b"theirs"
    s3.proxy.after("PUT", "video.mp4", lambda: s3.put("a/video.mp4", b"theirs"))
    with pytest.raises(UploadDamaged, match="it is not what was sent"):
        publish(f"{s3.url}/a", tmp_path)
    assert s3.get("a/video.mp4") == b"theirs"
    publish(f"{s3.url}/a", tmp_path)
    assert s3.get("a/video.mp4") == SMALL


def test_an_upload_that_another_has_aborted_begins_anew(s3: Any, tmp_path: Path):
    s3.proxy.fault("aborted", method="PUT", path="partNumber=3")
    with pytest.raises(StoreUnreachable):
        publish(f"{s3.url}/a", tmp_path, LARGE)
    publish(f"{s3.url}/a", tmp_path, LARGE)
    assert s3.get("a/video.mp4") == LARGE
    store, source = ArtifactStore(f"{s3.url}/store", cache_dir=tmp_path / "cache"), tmp_path / "film"
    source.write_bytes(LARGE)
    s3.proxy.fault("aborted", method="PUT", path="partNumber=3")
    with pytest.raises(StoreUnreachable):
        store.put(source, "video/mp4")
    assert store.has(store.put(source, "video/mp4"))
    assert s3.unfinished() == []


# --- a folder of this machine --------------------------------------------------------------------------------------


def test_a_file_of_this_machine_is_whole_verified_and_left_alone_when_it_is_there(tmp_path: Path):
    folder = tmp_path / "out" / "a"
    file = publish(str(folder), tmp_path)
    before = (folder / "video.mp4").stat()
    assert publish(str(folder), tmp_path) == file
    assert (folder / "video.mp4").stat() == before
    publish(str(folder), tmp_path, SMALL[::-1])
    assert (folder / "video.mp4").read_bytes() == SMALL[::-1]
    assert sorted(path.name for path in folder.iterdir()) == [CLAIM, "video.mp4"]
    assert share_link(file, Settings()) == ((folder / "video.mp4").as_uri(), None)
    bases = {str(tmp_path): "https://cdn.example/", str(tmp_path / "out"): "https://cdn.example/films"}
    assert share_link(file, Settings(link_bases=bases)) == ("https://cdn.example/films/a/video.mp4", None)


def test_a_damaged_source_gets_no_name(tmp_path: Path):
    with pytest.raises(StoreCorrupt):
        publish(str(tmp_path / "a"), tmp_path, sha256="0" * 64)
    assert [path.name for path in (tmp_path / "a").iterdir()] == [CLAIM]


def test_what_a_killed_copy_left_is_gone_after_the_next_and_what_a_living_one_writes_is_not(tmp_path: Path):
    folder = tmp_path / "a"
    killed(str(folder), tmp_path, {}, lambda: any(folder.glob("*.part")))
    assert [path.suffix for path in folder.iterdir()] == [".part"]
    living = folder / ".video.mp4.0badcafe.part"
    with living.open("wb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        publish(str(folder), tmp_path)
        assert sorted(path.name for path in folder.iterdir()) == [CLAIM, living.name, "video.mp4"]
    publish(str(folder), tmp_path)
    assert not living.exists()


def test_a_folder_that_nobody_may_write_is_told_as_such(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreRefused, match="Not a directory"):
        publish(str(tmp_path / "file" / "a"), tmp_path)


# --- whose a folder is ---------------------------------------------------------------------------------------------


@pytest.fixture(params=["folder", "s3"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder of each kind."""
    return str(tmp_path / "out") if request.param == "folder" else f"{request.getfixturevalue('s3').url}/out"


SAME_RUN = OTHER.model_copy(update={"run": MINE.run})
SAME_SPEC = OTHER.model_copy(update={"spec": MINE.spec})
SAME_TITLE = OTHER.model_copy(update={"title": MINE.title})


@pytest.mark.parametrize(
    ("owner", "overwrite", "may"),
    [
        (OTHER, Overwrite.NEVER, False),
        (OTHER, Overwrite.AUTO, False),
        (OTHER, Overwrite.TITLE, False),
        (OTHER, Overwrite.ALWAYS, True),
        (SAME_TITLE, Overwrite.NEVER, False),
        (SAME_TITLE, Overwrite.TITLE, True),
        (SAME_SPEC, Overwrite.NEVER, True),
        (SAME_RUN, Overwrite.NEVER, True),
    ],
)
def test_only_what_one_may_is_overwritten(anywhere: str, tmp_path: Path, owner: Owner, overwrite: Overwrite, may: bool):
    first = publish(anywhere, tmp_path, overwrite=Overwrite.NEVER)
    if may:
        publish(anywhere, tmp_path, b"another", owner=owner, overwrite=overwrite)
        destinations.check_free(anywhere, owner, Overwrite.NEVER)
        return
    with pytest.raises(DestinationTaken, match="'Mine' of the run run-1, which is not overwritten") as told:
        publish(anywhere, tmp_path, b"another", owner=owner, overwrite=overwrite)
    with pytest.raises(DestinationTaken):
        destinations.check_free(anywhere, owner, overwrite)
    assert told.value.remedy == ("title" if owner.title == MINE.title else "always")
    assert destinations.holds(first)


def test_a_title_is_rendered_again_in_a_folder_and_not_behind_a_url(anywhere: str, tmp_path: Path):
    publish(anywhere, tmp_path)
    if "://" not in anywhere:
        publish(anywhere, tmp_path, b"another", owner=SAME_TITLE)
        return
    with pytest.raises(DestinationTaken):
        publish(anywhere, tmp_path, b"another", owner=SAME_TITLE)


@pytest.mark.parametrize("report", [None, '{"title": "Other"}', "[]", "{", '{"title": "Mine"}'])
def test_files_that_nobody_has_claimed_are_left_unless_a_report_tells_the_title(
    anywhere: str, tmp_path: Path, report: str | None
):
    destinations.write_text("theirs", folder=anywhere, name="video.mp4")
    if report is not None:
        destinations.write_text(report, folder=anywhere, name="report.json")
    if report == '{"title": "Mine"}':
        publish(anywhere, tmp_path, overwrite=Overwrite.TITLE)
        return
    with pytest.raises(DestinationTaken, match=r"has video.mp4 from elsewhere"):
        publish(anywhere, tmp_path, overwrite=Overwrite.TITLE)
    assert destinations.read_text(folder=anywhere, name="video.mp4") == "theirs"
    publish(anywhere, tmp_path, overwrite=Overwrite.ALWAYS)


UNREADABLE = {
    "torn": b'{"title": "Mi',
    "empty": b"",
    "no text": b"\xff\xfe\x00",
    "of a later version": b'{"who": "Mine"}',
}


@pytest.mark.parametrize("claim", UNREADABLE.values(), ids=UNREADABLE)
def test_a_claim_that_cannot_be_read_is_somebodys(anywhere: str, tmp_path: Path, claim: bytes):
    destinations.open_target(anywhere).write(CLAIM, claim, "application/json")
    for overwrite in (Overwrite.NEVER, Overwrite.TITLE):
        with pytest.raises(DestinationTaken, match=r"has a .neuroshorts.json that cannot be read.*overwrite to always"):
            publish(anywhere, tmp_path, overwrite=overwrite)
        with pytest.raises(DestinationTaken):
            destinations.check_free(anywhere, MINE, overwrite)
    with pytest.raises(DestinationLost):
        destinations.check_claim(anywhere, MINE)
    assert destinations.open_target(anywhere).read(CLAIM) == claim
    publish(anywhere, tmp_path, overwrite=Overwrite.ALWAYS)
    destinations.check_claim(anywhere, MINE)


def test_a_claim_of_gigabytes_is_not_read(tmp_path: Path):
    """Who names the destination may have put it there, for the machine that renders to read."""
    for name in (CLAIM, "report.json"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(40 << 30)
    for overwrite in (Overwrite.NEVER, Overwrite.TITLE):
        with pytest.raises(DestinationTaken, match="cannot be read"):
            destinations.check_free(str(tmp_path), MINE, overwrite)
        with pytest.raises(DestinationTaken, match="cannot be read"):
            destinations.claim_folder(str(tmp_path), MINE, overwrite, files=("video.mp4",))
    destinations.claim_folder(str(tmp_path), MINE, Overwrite.ALWAYS, files=("video.mp4",))
    assert (tmp_path / CLAIM).stat().st_size < 1000


def test_whose_a_damaged_claim_was_its_report_tells(anywhere: str, tmp_path: Path):
    destinations.open_target(anywhere).write(CLAIM, b"{", "application/json")
    destinations.write_text('{"title": "Mine", "run_id": "run-1"}', folder=anywhere, name="report.json")
    with pytest.raises(DestinationTaken, match="'Mine' of the run run-1"):
        publish(anywhere, tmp_path, owner=OTHER, overwrite=Overwrite.TITLE)
    publish(anywhere, tmp_path, owner=SAME_TITLE, overwrite=Overwrite.TITLE)


def test_who_loses_a_folder_while_publishing_stops_and_is_told(anywhere: str, tmp_path: Path):
    """Two runs that may overwrite each other's: in the end all files are of one of them, and the other knows."""
    names = ("video.mp4", "captions.srt", "poster.jpg")

    def files(owner: Owner) -> dict[str, tuple[Path, Labels]]:
        made = {}
        for name in names:
            content = f"{name} of {owner.title}".encode()
            source = tmp_path / f"{owner.title} {name}"
            source.write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            labels = Labels(title=owner.title, run=owner.run, media_type="text/plain", sha256=digest, cache_control="")
            made[name] = source, labels
        return made

    def publish_all(owner: Owner, *, between: Callable[[], object] = lambda: None) -> None:
        def check() -> None:
            between()
            destinations.check_claim(anywhere, owner)

        destinations.claim_folder(anywhere, owner, Overwrite.ALWAYS, files=names)
        destinations.publish_files(files(owner), folder=anywhere, check=check)

    with pytest.raises(DestinationLost, match=r"was taken by 'Other' of the run run-2"):
        publish_all(MINE, between=lambda: publish_all(OTHER))
    for name in names:
        assert destinations.read_text(folder=anywhere, name=name) == f"{name} of Other"


def test_of_many_titles_that_want_one_folder_at_once_one_gets_it(anywhere: str):
    assert winners(anywhere, contenders=8) == 1
