"""How a spec names a source: a path or an address of a known scheme."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

VISUAL_PATTERN = re.compile(
    r"^(https?://|s3://|store://|assets:|color:#[0-9A-Fa-f]{6}$|(?![A-Za-z][A-Za-z0-9+.-]+:)[^\x00-\x1f]+$)"
)


def _known_source(value: str) -> str:
    if not VISUAL_PATTERN.match(value):
        raise ValueError(
            "should be a path, https://…, s3://…, store://NAME/…, assets:NAME or color:#RRGGBB; "
            "'file:' and other schemes are not known"
        )
    return value


ADDRESS = "address"  # marks fields whose relative paths start at the spec's own folder
SourceAddress = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_known_source), ADDRESS]

SOUGHT_PATTERN = re.compile(r"^(stock:(photo:|video:|(?!photo:|video:))|image:)\s*[^\s\x00-\x1f][^\x00-\x1f]*$")
MOST_QUERY_CHARACTERS = 100  # what Pixabay takes


def _known_visual(value: str) -> str:
    if not value.startswith(("stock:", "image:")):
        return _known_source(value)
    if not SOUGHT_PATTERN.match(value):
        raise ValueError("should say in one line what to look for, such as stock:sunset at sea or image:a red fox")
    if value.startswith("stock:") and len(value) > MOST_QUERY_CHARACTERS + len("stock:video:"):
        raise ValueError(f"a stock query has at most {MOST_QUERY_CHARACTERS} characters")
    return value


VisualAddress = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_known_visual), ADDRESS]
