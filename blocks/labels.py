"""How object stores keep what a published file says of itself."""

from urllib.parse import quote

from models.destination import Labels

_SAFE = " !$&'()*+,/:;=?@-._~"


def metadata(labels: Labels) -> dict[str, str]:
    """Return the labels as headers can carry them: ASCII, the title percent-encoded where it is not."""
    return {"title": quote(labels.title, safe=_SAFE), "run": labels.run, "sha256": labels.sha256}
