"""Put the finished files where they were asked for."""

import base64
import uuid
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Self

from prefect import runtime

from blocks import destinations
from blocks.allowed import check_destination
from blocks.links import link_period
from blocks.places import service_of
from blocks.settings import get_settings
from blocks.store import open_store
from engines.errors import DestinationInvalid
from engines.visuals.poster import thumbnail
from models.artifacts import ArtifactRef
from models.base import Model
from models.destination import Labels, Overwrite, Owner, dated, folder_in, known_destination
from models.report import NamedBlob, Publication, RenderReport
from models.spec import ShortSpec
from tasks.caching import stable_hash
from tasks.errors import full_disk_named
from tasks.link_check import checked_link
from tasks.retries import step
from tasks.services import calling

PREVIEW_PX = 640


class Goal(Model):
    """Where a render's files go, and as whose."""

    folder: str
    owner: Owner
    overwrite: Overwrite

    @classmethod
    def of(cls, spec: ShortSpec, slug: str, destination: str | None, *, files: tuple[str, ...] = ()) -> Self:
        """Return the goal of a run, where files can be written.

        Raises DestinationInvalid, StoreRefused, DiskFull, and DestinationTaken for a folder of another render, or one
        in which any of `files` is from elsewhere.
        """
        asked = spec.model_copy(update={"callback_url": None, "destination": None, "overwrite": Overwrite.AUTO})
        owner = Owner(title=spec.title, run=_run_id(), spec=stable_hash(asked))
        goal = cls(folder=folder_of(destination or spec.destination, slug), owner=owner, overwrite=spec.overwrite)
        check_writable(goal.folder)
        destinations.check_free(goal.folder, owner, goal.overwrite, files=files)
        return goal

    def inputs(self, files: tuple[NamedBlob, ...], *, below: str = "") -> dict[str, Any]:
        """Return the inputs of `publish` for files that go to the folder, or to one `below` it."""
        folder = f"{self.folder}/{below}" if below else self.folder
        period = link_period(folder, get_settings())
        return {"files": files, "folder": folder, "title": self.owner.title, "link_period": period, "goal": self}


@step(version=2, run_name="publish", exclude=("goal",))
def publish(files: tuple[NamedBlob, ...], folder: str, title: str, link_period: int, goal: Goal) -> Publication:
    """Copy files to `folder`, the goal's or one below it, and return their addresses and the first one's share link.

    A link that expires is made anew in each `link_period`. Raises DestinationTaken, DestinationLost, StoreRefused,
    LinkBroken.
    """
    store, settings = open_store(), get_settings()
    labelled = {
        file.name: (
            store.local_path(file.blob),
            Labels(
                title=title,
                run=goal.owner.run,
                media_type=file.blob.media_type,
                sha256=file.blob.sha256,
                cache_control=settings.cache_control,
            ),
        )
        for file in files
    }
    with calling(service_of(folder)):
        destinations.claim_folder(
            goal.folder, goal.owner, goal.overwrite, files=labelled if folder == goal.folder else ()
        )
        check = partial(destinations.check_claim, goal.folder, goal.owner)
        published = destinations.publish_files(labelled, folder=folder, check=check)
        link, expires = destinations.share_link(published[0], settings)
    return Publication(files=published, **checked_link(link, expires, published[0], folder=folder))


def write_report(report: RenderReport, *, folder: str) -> str:
    """Write `report.json` beside the video and return its address. Raises DiskFull."""
    with full_disk_named():
        return destinations.write_text(report.model_dump_json(indent=2), folder=folder, name="report.json")


def folder_of(destination: str | None, slug: str, *, run_id: str | None = None) -> str:
    """Return the folder of one short at its destination, none for the installation's.

    Raises DestinationInvalid, and ChoiceRefused for what the operator does not allow.
    """
    chosen = destination or get_settings().destination
    try:
        folder = folder_in(chosen, slug=slug, run=run_id or _run_id(), day=_day())
    except ValueError as error:
        raise DestinationInvalid(destination=chosen, reason=str(error)) from error
    check_destination(folder, get_settings())
    return folder


def surely_made(spec: ShortSpec) -> tuple[str, ...]:
    """Return the names of the files that a render of any such spec publishes."""
    return f"video.{spec.export.video.container}", "poster.jpg", "captions.srt", "captions.vtt"


def check_writable(folder: str) -> None:
    """Raise StoreRefused or DiskFull before anything is made for a folder that nothing could be published to."""
    with full_disk_named():
        destinations.check_writable(folder)


def replacing_itself(spec: ShortSpec) -> ShortSpec:
    """Return a spec whose earlier render is replaced wherever it is, unless it says otherwise: a row's, a preview's."""
    if spec.overwrite is not Overwrite.AUTO:
        return spec
    return spec.model_copy(update={"overwrite": Overwrite.TITLE})


def with_date(destination: str) -> str:
    """Return a destination with the day of this run filled in. Raises DestinationInvalid."""
    try:
        return dated(known_destination(destination), _day())
    except ValueError as error:
        raise DestinationInvalid(destination=destination, reason=str(error)) from error


def poster_preview(poster: ArtifactRef) -> str:
    """Return a small picture of the poster as a data: URL, which any page can show wherever the poster lies."""
    jpeg = thumbnail(open_store().local_path(poster), longest_px=PREVIEW_PX)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _run_id() -> str:
    return str(runtime.flow_run.id or uuid.UUID(int=0))


def _day() -> date:
    """Return the day for which the run was planned (UTC): the same however often it is retried."""
    planned = runtime.flow_run.scheduled_start_time
    return (planned or datetime.now(UTC)).astimezone(UTC).date()
