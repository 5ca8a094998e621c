"""Times as people write them."""

import re
from decimal import Decimal

_TIME = re.compile(r"^(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)(ms|s)?$")
LONGEST_MS = 24 * 3_600_000


def time_ms(text: str) -> int:
    """Return the milliseconds of a time such as 12.5s, 12.5, 12500ms, 1:02.5 or 1:00:02. Raises ValueError."""
    found = _TIME.match(text.strip())
    if found is None or (found[4] == "ms" and found[2]):
        raise ValueError(f"{text!r} is not a time; write 12.5s, 12500ms or 1:02.5")
    hours, minutes, number, unit = found.groups()
    value = (
        Decimal(number) if unit == "ms" else 1000 * (3600 * int(hours or 0) + 60 * int(minutes or 0) + Decimal(number))
    )
    if value > LONGEST_MS:
        raise ValueError(f"{text!r} is longer than a day")
    return int(value)
