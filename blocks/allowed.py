"""What a spec may choose: everything that the operator's lists do not leave out."""

from pathlib import Path
from urllib.parse import urlsplit

from blocks.places import STORE, local_folder
from blocks.settings import Settings
from engines.errors import ChoiceRefused
from models.destination import fixed_part
from models.spec import ShortSpec


def check_choices(spec: ShortSpec, settings: Settings) -> None:
    """Raise ChoiceRefused for a voice's provider, a saved block or a brand kit that specs may not name."""
    for place, voice in enumerate(spec.voice.chain()):
        field = f"voice.fallback.{place - 1}" if place else "voice.provider"
        _check(field, voice.provider.value, settings.allowed_voices)
    for field, name in (("voice.block", spec.voice.block), ("brand", spec.brand)):
        if name:
            _check(field, name, settings.allowed_blocks)


def check_destination(folder: str, settings: Settings) -> None:
    """Raise ChoiceRefused for a folder that is neither the installation's destination, nor below one that is allowed.

    No address may hold a password, which reports would tell, or chain file systems, which would reach any of them.
    """
    scheme, is_address, _ = folder.partition("://")
    if is_address and ("::" in folder or "@" in urlsplit(folder).netloc):
        shown = f"{scheme}://…"
        raise ChoiceRefused(field="destination", chosen=shown, known="addresses without passwords, of one scheme")
    if settings.allowed_destinations is None:
        return
    roots = (fixed_part(settings.destination), *settings.allowed_destinations)
    if not any(_is_below(folder, root) for root in roots):
        known = ", ".join(settings.allowed_destinations) or "none but its own"
        raise ChoiceRefused(field="destination", chosen=folder, known=known)


def _check(field: str, chosen: str, allowed: tuple[str, ...] | None) -> None:
    if allowed is not None and chosen not in allowed:
        raise ChoiceRefused(field=field, chosen=chosen, known=", ".join(allowed) or "none")


def _is_below(folder: str, root: str) -> bool:
    """Return whether a folder is another or lies in it, with links and `..` of this machine's own resolved."""
    if _is_address(folder) or _is_address(root):
        parts, root_parts = folder.split("/"), root.rstrip("/").split("/")
        return ".." not in parts and parts[: len(root_parts)] == root_parts
    return _resolved(folder).is_relative_to(_resolved(root))


def _is_address(place: str) -> bool:
    return place.startswith(STORE) or local_folder(place) is None


def _resolved(place: str) -> Path:
    path = local_folder(place)
    assert path is not None
    return path.resolve()
