"""What is told of a share link: that it was proved, or why it could not be."""

from datetime import datetime
from typing import Any

from prefect.logging import get_run_logger

from blocks.link_proof import is_proved, needs_proof, prove
from blocks.places import service_of
from blocks.settings import get_settings
from blocks.web import WebFile
from engines.errors import LinkBroken, RateLimitMissing, TransientError
from models.report import PublishedFile
from tasks.services import calling


def checked_link(link: str, expires: datetime | None, file: PublishedFile, *, folder: str) -> dict[str, Any]:
    """Return the fields of a publication that tell of its link to `file`.

    A presigned link that its server refuses is good for nothing: raises LinkBroken. Any other may need minutes until
    all the world has it, as of a CDN: why it could not be proved yet is told, and the next render looks again.
    """
    told = {"link": link, "link_expires": expires}
    settings = get_settings()
    if not needs_proof(link, folder, settings):
        return {**told, "link_proved": True if is_proved(link, folder) else None}
    try:
        with calling(service_of(folder) if expires else WebFile(link, settings).service):
            prove(link, file, settings)
    except (LinkBroken, TransientError, RateLimitMissing) as error:
        if expires and isinstance(error, LinkBroken):
            raise
        get_run_logger().warning("The share link of %s is not proved: %s", file.uri, error)
        return {**told, "link_proved": False, "link_problem": str(error)}
    return {**told, "link_proved": True}
