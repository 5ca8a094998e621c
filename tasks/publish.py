"""Put the finished files where they were asked for."""

import base64

from blocks import destinations
from blocks.store import open_store
from engines.visuals.poster import thumbnail
from models.artifacts import ArtifactRef
from models.report import NamedBlob, Publication, RenderReport
from tasks.errors import full_disk_named
from tasks.retries import step
from tasks.services import calling

PREVIEW_PX = 640


@step(version=1, run_name="publish")
def publish(files: tuple[NamedBlob, ...], folder: str) -> Publication:
    """Copy files to `folder` and return their addresses and the share link, which opens the first."""
    store = open_store()
    with calling(destinations.service_of(folder)):
        published = tuple(
            destinations.publish_file(
                store.local_path(file.blob), sha256=file.blob.sha256, folder=folder, name=file.name
            )
            for file in files
        )
    return Publication(files=published, link=destinations.share_link(published[0]))


def write_report(report: RenderReport, *, folder: str) -> str:
    """Write `report.json` beside the video and return its address. Raises DiskFull."""
    with full_disk_named():
        return destinations.write_text(report.model_dump_json(indent=2), folder=folder, name="report.json")


def folder_of(destination: str, slug: str) -> str:
    """Return the folder of one short below its destination."""
    return f"{destination.rstrip('/')}/{slug}"


def poster_preview(poster: ArtifactRef) -> str:
    """Return a small picture of the poster as a data: URL, which any page can show wherever the poster lies."""
    jpeg = thumbnail(open_store().local_path(poster), longest_px=PREVIEW_PX)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
