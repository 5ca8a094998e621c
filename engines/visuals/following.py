"""A window that follows a subject: a smooth curve through the places that it should be at."""

from models.shots import Window, WindowKey

Keys = tuple[WindowKey, ...]


def followed(keys: Keys, at_ms: float) -> Window:
    """Return where the window that follows a subject is: a smooth curve through its keys, held outside of them."""
    after = next((index for index, key in enumerate(keys) if key.at_ms > at_ms), len(keys))
    if after in (0, len(keys)):
        return keys[min(after, len(keys) - 1)].window
    one, two = keys[after - 1], keys[after]
    length_ms = two.at_ms - one.at_ms
    u = (at_ms - one.at_ms) / length_ms
    slopes = [_slope(keys, after - 1), _slope(keys, after)]
    x, y = (
        _hermite(
            u, getattr(one.window, axis), getattr(two.window, axis), *(slope[axis] * length_ms for slope in slopes)
        )
        for axis in ("x", "y")
    )
    width, height = one.window.width, one.window.height
    return Window.model_construct(
        x=min(1 - width, max(0.0, x)), y=min(1 - height, max(0.0, y)), width=width, height=height
    )


def _slope(keys: Keys, index: int) -> dict[str, float]:
    """Return the curve's slope at a key, per millisecond: that between its neighbours, none where it turns or ends."""
    if index in (0, len(keys) - 1):
        return {"x": 0.0, "y": 0.0}
    before, here, after = keys[index - 1 : index + 2]
    slopes = {}
    for axis in ("x", "y"):
        back = (getattr(here.window, axis) - getattr(before.window, axis)) / (here.at_ms - before.at_ms)
        ahead = (getattr(after.window, axis) - getattr(here.window, axis)) / (after.at_ms - here.at_ms)
        slopes[axis] = 2 * back * ahead / (back + ahead) if back * ahead > 0 else 0.0  # never overshoots a key
    return slopes


def _hermite(u: float, start: float, end: float, slope: float, end_slope: float) -> float:
    bend = u * u * (3 - 2 * u)
    return start + (end - start) * bend + slope * u * (1 - u) ** 2 - end_slope * u * u * (1 - u)
