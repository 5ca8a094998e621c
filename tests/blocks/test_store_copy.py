"""A copied store is whole, checked and grows by what is new; also into and out of a remote one."""

from pathlib import Path

import pytest

from blocks.store import ArtifactStore
from blocks.store_copy import copy_store
from engines.errors import BlobsDamaged
from models.artifacts import ArtifactRef

RECORD = "ab" + "0" * 62


def filled(root: Path, *contents: str) -> tuple[ArtifactStore, list[ArtifactRef]]:
    """A store with a blob for each text, and a record."""
    store = ArtifactStore(str(root / "store"), cache_dir=root / "cache")
    refs = []
    for content in contents:
        with store.scratch() as folder:
            file = folder / "file"
            file.write_text(content)
            refs.append(store.put(file, "text/plain", move=True))
    store.write_record(RECORD, b'{"result": "[]"}')
    return store, refs


def places(root: Path) -> list[ArtifactStore]:
    """A folder, and a store of objects in memory."""
    return [
        ArtifactStore(str(root / "target"), cache_dir=root / "cache"),
        ArtifactStore(f"memory://{root.name}", cache_dir=root / "remote-cache"),
    ]


@pytest.mark.parametrize("place", [0, 1], ids=["folder", "remote"])
def test_a_copy_has_everything_and_the_next_only_what_is_new(tmp_path: Path, place: int):
    source, refs = filled(tmp_path, "one", "two")
    target = places(tmp_path)[place]
    first = copy_store(source, target)
    assert (first.copied_records, first.copied_blobs, first.copied_bytes, first.kept_blobs) == (1, 2, 6, 0)
    assert all(target.has(ref) for ref in refs)
    assert target.read_record(RECORD) == source.read_record(RECORD)

    filled(tmp_path, "three")
    second = copy_store(source, target)
    assert (second.copied_blobs, second.copied_bytes, second.kept_blobs) == (1, 5, 2)

    back = ArtifactStore(str(tmp_path / "back"), cache_dir=tmp_path / "cache")
    assert copy_store(target, back, verify=True).copied_blobs == 3
    assert [back.local_path(ref).read_text() for ref in refs] == ["one", "two"]


def test_a_record_that_was_written_again_is_copied_again(tmp_path: Path):
    source, _ = filled(tmp_path, "one")
    target = places(tmp_path)[0]
    copy_store(source, target)
    assert copy_store(source, target).copied_records == 0
    source.write_record(RECORD, b'{"result": "[1]"}')
    assert copy_store(source, target).copied_records == 1
    assert target.read_record(RECORD) == b'{"result": "[1]"}'


def test_a_damaged_blob_is_named_and_does_not_hold_up_the_others(tmp_path: Path):
    source, refs = filled(tmp_path, "one", "two")
    source.local_path(refs[0]).write_text("0ne")
    target = places(tmp_path)[0]
    with pytest.raises(BlobsDamaged) as caught:
        copy_store(source, target)
    assert refs[0].sha256 in str(caught.value)
    assert not target.has(refs[0])
    assert target.has(refs[1])
    assert not list((tmp_path / "target" / "tmp").rglob("part"))


def test_verifying_mends_what_is_damaged_in_the_target(tmp_path: Path):
    source, refs = filled(tmp_path, "one", "two")
    target = places(tmp_path)[0]
    copy_store(source, target)
    target.local_path(refs[0]).write_text("0ne")
    assert copy_store(source, target).copied_blobs == 0  # the size is right
    assert copy_store(source, target, verify=True).copied_blobs == 1
    assert target.local_path(refs[0]).read_text() == "one"
