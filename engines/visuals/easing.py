"""How a move gathers speed and loses it: curves from 0 to 1."""

from models.picture import Easing


def eased(progress: float, easing: Easing) -> float:
    """Return how far a move is when `progress` (held to 0 to 1) of its time is over."""
    u = min(1.0, max(0.0, progress))
    match easing:
        case Easing.EASE_IN:
            return u * u * u
        case Easing.EASE_OUT:
            return 1 - (1 - u) ** 3
        case Easing.EASE_IN_OUT:
            return u * u * (3 - 2 * u)
        case _:
            return u
