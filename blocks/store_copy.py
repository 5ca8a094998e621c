"""Copying an artifact store into another: a backup, and the way back.

Both stay stores that renders can use. Only what is missing is copied, and nothing is removed. Records go first: a blob
that a copied record refers to was there when the record was, and is among those that are listed after it, so a copy of
a store in use is whole. (Pruning in between may take blobs away; a record without its blobs counts as absent.)
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import PurePosixPath

from blocks.store import ArtifactStore
from blocks.store_layout import digest_of
from blocks.usage import Stored
from engines.errors import BlobsDamaged
from models.backup import CopyReport

_AT_ONCE = 8


def copy_store(source: ArtifactStore, target: ArtifactStore, *, verify: bool = False) -> CopyReport:
    """Copy the records and blobs that `target` lacks, each blob checked against the hash in its name.

    `verify` also reads what `target` has already, and replaces what is damaged there. A damaged blob of `source` is not
    copied, the rest is. Raises BlobsDamaged then, StoreUnreachable, DiskFull.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        records = [each for each in pool.map(partial(_copy_record, source, target), source.list("results")) if each]
        blobs = list(source.list("blobs"))
        verdicts = list(pool.map(partial(_copy_blob, source, target, verify=verify), blobs))
    if damaged := [blob.key for blob, verdict in zip(blobs, verdicts, strict=True) if verdict is None]:
        raise BlobsDamaged(store=source.url, keys=damaged)
    copied = [blob for blob, verdict in zip(blobs, verdicts, strict=True) if verdict]
    return CopyReport(
        copied_records=len(records),
        copied_blobs=len(copied),
        copied_bytes=sum(blob.size for blob in copied),
        kept_blobs=len(blobs) - len(copied),
    )


def _copy_record(source: ArtifactStore, target: ArtifactStore, record: Stored) -> bool:
    there = target.stat(record.key)
    if there is not None and there.size == record.size and there.modified_s >= record.modified_s:
        return False
    target.write_record(PurePosixPath(record.key).stem, source.peek(record.key))
    return True


def _copy_blob(source: ArtifactStore, target: ArtifactStore, blob: Stored, *, verify: bool) -> bool | None:
    """Return whether the blob had to be copied, or None if it is not what its name says."""
    digest = digest_of(blob.key)
    there = target.stat(blob.key)
    if there is not None and there.size == blob.size and (not verify or target.digest(blob.key) == digest):
        return False
    with target.scratch() as folder:
        part = folder / "part"
        if source.export(blob.key, part) != digest:
            return None
        target.adopt(part, blob.key)
    return True
