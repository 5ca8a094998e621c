"""How long a server asks to be left alone: the Retry-After header, in seconds or as a date."""

import time
from email.utils import parsedate_to_datetime


def seconds_of(header: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, or None if it says nothing readable."""
    told = header.strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
