"""Put the finished files where they were asked for."""

import base64

from blocks import destinations
from blocks.store import open_store
from engines.visuals.poster import thumbnail
from models.artifacts import ArtifactRef
from models.report import CaptionSet, Publication, RenderReport, Video
from tasks.errors import full_disk_named
from tasks.retries import step
from tasks.services import calling

PREVIEW_PX = 640


@step(version=1, run_name="publish")
def publish(video: Video, poster: ArtifactRef, captions: CaptionSet, folder: str) -> Publication:
    """Copy video, poster and captions to `folder` and return their addresses and the share link."""
    store = open_store()
    names = {
        "video.mp4": video.blob,
        "poster.jpg": poster,
        "captions.srt": captions.srt,
        "captions.vtt": captions.vtt,
    }
    with calling(destinations.service_of(folder)):
        files = tuple(
            destinations.publish_file(store.local_path(ref), sha256=ref.sha256, folder=folder, name=name)
            for name, ref in names.items()
        )
    return Publication(files=files, link=destinations.share_link(files[0]))


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
