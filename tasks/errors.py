"""Name a step's errors: place them in their scene, and tell a full disk from other faults."""

from collections.abc import Generator
from contextlib import contextmanager

from blocks.settings import get_settings
from engines.disk_space import is_disk_full
from engines.errors import CardError, DiskFull, RenderFailed, RowsFailed, RunRefused, SceneError, UserError
from models.graphics import SceneRole

__all__ = ["RenderFailed", "RowsFailed", "RunRefused", "SceneError", "full_disk_named", "in_scene"]


@contextmanager
def in_scene(number: int, role: SceneRole = SceneRole.CONTENT) -> Generator[None]:
    """Turn a user's mistake inside the block into a SceneError that names the scene, counted from 1, or its role."""
    try:
        yield
    except SceneError:
        raise
    except UserError as error:
        if role is SceneRole.CONTENT:
            raise SceneError(scene=number, reason=str(error)) from error
        raise CardError(scene=number, part=role.value.replace("_", " "), reason=str(error)) from error


@contextmanager
def full_disk_named() -> Generator[None]:
    """Turn whatever the system raises inside the block for want of space into DiskFull."""
    try:
        yield
    except OSError as error:
        if not is_disk_full(error):
            raise
        raise DiskFull(path=error.filename or get_settings().store, reason=error.strerror) from error
