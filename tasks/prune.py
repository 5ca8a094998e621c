"""Prune the artifact store."""

from prefect import task

from blocks import destinations, pruning
from blocks.settings import get_settings
from blocks.store import open_store
from models.pruning import PruneReport
from tasks.retries import RETRIES, retry_if_transient

_DAY_S = 24 * 3600.0
_GIB = 1 << 30


@task(name="prune_blobs", retries=RETRIES, retry_delay_seconds=10, retry_condition_fn=retry_if_transient)
def prune_blobs(max_age_days: int, max_size_gib: float | None, dry_run: bool) -> PruneReport:
    """Remove what no render has used for `max_age_days`, and more, oldest first, above `max_size_gib`.

    What uploads that were cut off have left is removed from the installation's destination, too.
    """
    pruned = pruning.prune(
        open_store(),
        max_age_s=max_age_days * _DAY_S,
        max_bytes=None if max_size_gib is None else int(max_size_gib * _GIB),
        dry_run=dry_run,
    )
    uploads = destinations.sweep(get_settings().destination, older_than_s=_DAY_S, dry_run=dry_run)
    return pruned.model_copy(update={"removed_uploads": pruned.removed_uploads + uploads})
