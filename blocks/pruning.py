"""Retention of the artifact store: what no render has used for long is taken away, records first, then their blobs.

A record's age counts from its last use, since each cache hit makes it young again. A blob goes when no record that
stays refers to it. Nothing younger than `MIN_AGE_S` is ever touched, which is longer than any render: that keeps what
a live render has made and not recorded yet, and what it has found in the cache and not used yet.
"""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from blocks.records import refs_in
from blocks.store import ArtifactStore
from blocks.store_layout import digest_of
from blocks.usage import Stored
from models.pruning import PruneReport

MIN_AGE_S = 24 * 3600.0


def prune(
    store: ArtifactStore, *, max_age_s: float, max_bytes: int | None = None, dry_run: bool = False
) -> PruneReport:
    """Forget records unused for `max_age_s`, and, while blobs pass `max_bytes`, those unused longest; remove orphans.

    Uploads that were cut off more than a day ago go as well. With `dry_run` only tell what would go. Raises
    StoreUnreachable.
    """
    now = time.time()
    limit_s = max(max_age_s, MIN_AGE_S)
    records = sorted(store.list("results"), key=lambda record: record.modified_s)
    blobs = {digest_of(blob.key): blob for blob in store.list("blobs")}
    with ThreadPoolExecutor(store.asked_at_once) as pool:
        digests = pool.map(partial(_digests, store), records)
        refers = {record.key: found for record, found in zip(records, digests, strict=True)}

    expired = [record for record in records if now - record.modified_s > limit_s]
    kept = records[len(expired) :]
    if max_bytes is not None:
        surplus = _surplus(kept, refers, blobs, max_bytes=max_bytes, oldest_s=now - MIN_AGE_S)
        expired, kept = expired + kept[:surplus], kept[surplus:]

    needed = set[str]().union(*(refers[record.key] for record in kept))
    orphans = [blob for digest, blob in blobs.items() if digest not in needed and now - blob.modified_s > MIN_AGE_S]
    uploads = store.sweep(older_than_s=MIN_AGE_S, dry_run=dry_run)
    if not dry_run:
        removed = [*_remove(store, expired), *_remove(store, orphans)]
        _prune_copies(store, unused_s=limit_s)
    else:
        removed = [*expired, *orphans]
    gone = {entry.key for entry in removed}
    freed = sum(blob.size for blob in orphans if blob.key in gone)
    return PruneReport(
        removed_records=sum(record.key in gone for record in expired),
        removed_blobs=sum(blob.key in gone for blob in orphans),
        freed_bytes=freed,
        removed_uploads=uploads,
        kept_records=len(records) - sum(record.key in gone for record in expired),
        kept_bytes=sum(blob.size for blob in blobs.values()) - freed,
    )


def _surplus(
    records: list[Stored],
    refers: dict[str, frozenset[str]],
    blobs: dict[str, Stored],
    *,
    max_bytes: int,
    oldest_s: float,
) -> int:
    """Return how many of the records, the longest unused first, must go for the rest to fit in `max_bytes`."""
    users: dict[str, int] = {}
    for record in records:
        for digest in refers[record.key]:
            users[digest] = users.get(digest, 0) + 1
    total = sum(blobs[digest].size for digest in users if digest in blobs)
    for count, record in enumerate(records):
        if total <= max_bytes or record.modified_s > oldest_s:
            return count
        for digest in refers[record.key]:
            users[digest] -= 1
            if not users[digest] and digest in blobs:
                total -= blobs[digest].size
    return len(records)


def _remove(store: ArtifactStore, entries: Sequence[Stored]) -> list[Stored]:
    """Remove what has not been used since it was listed, and return that."""
    with ThreadPoolExecutor(store.asked_at_once) as pool:
        gone = list(pool.map(partial(_remove_unused, store), entries))
    return [entry for entry, is_gone in zip(entries, gone, strict=True) if is_gone]


def _remove_unused(store: ArtifactStore, entry: Stored) -> bool:
    now = store.stat(entry.key)
    if now is None or now.modified_s > entry.modified_s:
        return False
    store.remove(entry.key)
    return True


def _prune_copies(store: ArtifactStore, *, unused_s: float) -> None:
    """Remove this machine's copies of a remote store's blobs that nothing here has used for long."""
    if store.is_remote:
        store.shelf.evict(unused_s=unused_s)


def _digests(store: ArtifactStore, record: Stored) -> frozenset[str]:
    """Return the hashes of the blobs that a record refers to; none if it cannot be read, as no step can then use it."""
    try:
        content = json.loads(store.peek(record.key))
        result: Any = json.loads(content["result"]) if "result" in content else content
    except (FileNotFoundError, ValueError, TypeError):
        return frozenset()
    return frozenset(ref.sha256 for ref in refs_in(result))
