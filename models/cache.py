"""What the cache of a machine takes, and what was taken away from it."""

from models.base import Model


class CacheStatus(Model):
    """The files that a machine keeps of its artifact store. All sizes are bytes."""

    folder: str
    store: str
    files: int
    bytes: int
    max_bytes: int | None
    held_files: int
    held_bytes: int
    half_fetched_files: int
    half_fetched_bytes: int
    free_bytes: int
    oldest_use_s: float | None


class Eviction(Model):
    """What was removed to make room."""

    removed_files: int
    removed_bytes: int
    removed_parts: int
    kept_files: int
    kept_bytes: int
