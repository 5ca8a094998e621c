"""Place a step's errors in their scene."""

from collections.abc import Generator
from contextlib import contextmanager

from engines.errors import RenderFailed, SceneError, UserError

__all__ = ["RenderFailed", "SceneError", "in_scene"]


@contextmanager
def in_scene(number: int) -> Generator[None]:
    """Turn a user's mistake inside the block into a SceneError that names the scene, counted from 1."""
    try:
        yield
    except SceneError:
        raise
    except UserError as error:
        raise SceneError(scene=number, reason=str(error)) from error
