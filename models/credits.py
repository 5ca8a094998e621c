"""Whose a picture is."""

from pydantic import Field

from models.base import Model


class Credit(Model):
    """Where a found or generated picture comes from, and under which licence."""

    provider: str = Field(title="Provider", description="Such as Pexels; library for the installation's own")
    item_id: str = Field(default="", title="Name there")
    author: str = Field(default="", title="Author")
    author_url: str = Field(default="", title="Author's page")
    page_url: str = Field(default="", title="Page", description="Of the picture or clip")
    licence: str = Field(default="", title="Licence")
    licence_url: str = Field(default="", title="Licence's text")


class SceneCredit(Credit):
    """Whose the picture of one scene is."""

    scene: int = Field(ge=1, title="Scene", description="Counted from 1")
    visual: str = Field(title="Visual", description="As the spec asked for it")


class MusicCredit(Model):
    """Whose the music is, as the library that it is from says."""

    track: str = Field(title="Track", description="Its address")
    author: str = Field(default="", title="Author", description="Empty where no library says")
    licence: str = Field(default="", title="Licence")
