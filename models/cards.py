"""Scenes that nobody narrates, put before and after those of a spec."""

from typing import Self

from pydantic import Field, model_validator

from models.graphics import SceneRole
from models.scene import Scene


class Card(Scene):
    """An intro, an outro or an end card. A clip lasts as long as it is, a still `still_ms`."""

    role: SceneRole
    still_ms: int = Field(gt=0)

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        return self
