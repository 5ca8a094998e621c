"""How a spec names a source: a path or an address of a known scheme."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

VISUAL_PATTERN = re.compile(
    r"^(https?://|s3://|assets:|color:#[0-9A-Fa-f]{6}$|(?![A-Za-z][A-Za-z0-9+.-]+:)[^\x00-\x1f]+$)"
)


def _known_source(value: str) -> str:
    if not VISUAL_PATTERN.match(value):
        raise ValueError(
            "should be a path, https://…, s3://…, assets:NAME or color:#RRGGBB; 'file:' and other schemes are not known"
        )
    return value


SourceAddress = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_known_source)]
