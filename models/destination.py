"""Where a short goes: a folder or URL, with placeholders that each render fills in."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from models.base import Model

PLACEHOLDERS = ("date", "year", "month", "day", "slug", "run")
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Overwrite(StrEnum):
    """What a render may replace at its destination. What the same spec or the same run has put there it always may."""

    AUTO = "auto"
    NEVER = "never"
    TITLE = "title"
    ALWAYS = "always"


class Owner(Model):
    """Whose the files of a folder are."""

    title: str
    run: str = Field(description="Prefect flow run that published them last")
    spec: str = Field(description="Hash of what it rendered")

    def may_replace(self, other: "Owner", overwrite: Overwrite) -> bool:
        """Return whether this render may write over what another one has published."""
        if overwrite is Overwrite.ALWAYS or self.run == other.run or self.spec == other.spec:
            return True
        return overwrite is Overwrite.TITLE and self.title == other.title


class Labels(Model):
    """What a published file says of itself, where its destination keeps such things."""

    title: str
    run: str
    media_type: str
    sha256: str
    cache_control: str


def settled(overwrite: Overwrite, *, is_local: bool) -> Overwrite:
    """Return what `auto` means: people render again into their own folders; links to elsewhere are given away."""
    if overwrite is not Overwrite.AUTO:
        return overwrite
    return Overwrite.TITLE if is_local else Overwrite.NEVER


def is_url(destination: str) -> bool:
    """Return whether a destination is a URL rather than a path of this machine."""
    return "://" in destination


def known_destination(destination: str) -> str:
    """Return a destination as it is. Raises ValueError for one that no render could fill in, or that leads astray."""
    unknown = next((name for name in _PLACEHOLDER.findall(destination) if name not in PLACEHOLDERS), None)
    if unknown or set(_PLACEHOLDER.sub("", destination)) & set("{}"):
        raise ValueError(f"its placeholders may be {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}")
    if _CONTROL.search(destination):
        raise ValueError("has control characters")
    if is_url(destination):
        _check_url(destination)
    return destination


def fixed_part(destination: str) -> str:
    """Return a destination up to its first placeholder."""
    fixed, brace, _ = destination.partition("{")
    return fixed.rpartition("/")[0] if brace else fixed


def dated(destination: str, day: date) -> str:
    """Return a destination with its dates filled in."""
    dates = {"date": day.isoformat(), "year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}"}
    return _filled(destination, dates)


def folder_in(destination: str, *, slug: str, run: str, day: date) -> str:
    """Return the folder of one short: the destination filled in, and the slug behind it unless `{slug}` is in it.

    Raises ValueError.
    """
    template = known_destination(destination).rstrip("/")
    if "{slug}" not in template:
        template = f"{template}/{{slug}}"
    return _filled(dated(template, day), {"slug": slug, "run": run})


def _filled(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def _check_url(destination: str) -> None:
    scheme, _, rest = destination.partition("://")
    root, *folders = rest.rstrip("/").split("/")
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        raise ValueError("its scheme should be one such as s3://")
    if set(rest) & set("\\?#"):
        raise ValueError("has one of \\ ? #, which no folder of a URL has")
    if scheme != "file" and (not root or "{" in root):
        raise ValueError("needs a bucket or host behind ://, without placeholders")
    if {root, *folders} & {".", ".."} or "" in folders[:-1]:
        raise ValueError("has an empty folder, . or .. in it")


Destination = Annotated[str, Field(max_length=1024), AfterValidator(known_destination)]
