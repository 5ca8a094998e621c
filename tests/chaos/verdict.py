"""What must be true in the end of every render, and of the machine."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from botocore.exceptions import ClientError
from prefect.client.schemas.objects import FlowRun, StateType

from blocks.claims import CLAIM, REPORT
from flows.render_batch import render_batch
from models.batch import BatchReport, RowState, RunsWhere
from models.report import PublishedFile, RenderReport
from tests.chaos.plan import Batch, Render
from tests.chaos.world import OUTPUTS, REMOTE_STORE, World, events_of
from tests.flows import measure

NEVER_DONE = 2  # rows of a batch that can never be done: a mistaken one, and one that is no spec
_LEFT_OVER = (".part", ".tmp")
_ENDINGS = {StateType.COMPLETED: "completed", StateType.FAILED: "failed"}


@dataclass(frozen=True)
class Asked:
    """A render, and how its one run ended."""

    render: Render
    run: FlowRun

    @property
    def is_done(self) -> bool:
        return self.run.state_type is StateType.COMPLETED

    @property
    def was_cut_off(self) -> bool:
        """Whether it is a row's run that died, for which the batch started another."""
        return self.run.state_type is StateType.CRASHED

    @property
    def reason(self) -> str:
        return (self.run.state.message if self.run.state else None) or ""


def undisturbed_videos(renders: list[Render], scratch: Path) -> dict[Render, str]:
    """Render all once more in this process, with an empty store and nothing broken; return each video's SHA-256."""
    source = scratch / "undisturbed.jsonl"
    source.write_text("\n".join(json.dumps(render.spec) for render in renders))
    report = render_batch(str(source), destination=str(scratch), where=RunsWhere.HERE)
    videos = [scratch / "undisturbed" / row.name / "video.mp4" for row in report.rows]
    return {
        render: hashlib.sha256(video.read_bytes()).hexdigest() for render, video in zip(renders, videos, strict=True)
    }


def check_videos(world: World, asked: Asked, scratch: Path, *, as_undisturbed: str) -> None:
    """The published bytes are those that the report tells of, and of the render that nothing has disturbed."""
    folder = f"{world.place_of(asked.render)}/{asked.render.place}"
    report = RenderReport.model_validate_json(_read(world, f"{folder}/report.json"))
    assert report.run_id == str(asked.run.id)
    for file in report.publication.files:
        content = _read(world, file.uri)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256), file.uri
    video = report.publication.files[0]
    assert video.sha256 == report.video.blob.sha256 == as_undisturbed, asked.render.title
    assert _followed(report.publication.link) == _read(world, video.uri)
    path = scratch / f"{asked.render.slug}.mp4"
    path.write_bytes(_read(world, video.uri))
    assert measure.count_frames(path) == report.video.frame_count
    assert asked.render.frames in (None, report.video.frame_count)
    assert _names(report.publication.files) | {REPORT, CLAIM} == _names_at(world, folder)


def check_nothing(world: World, runs: list[Asked]) -> None:
    """A render that failed says why, and has published nothing that could be taken for a short."""
    assert all(asked.reason for asked in runs)
    render = runs[0].render
    assert not _names_at(world, f"{world.place_of(render)}/{render.place}") - {CLAIM}


def batch_report(world: World, batch: Batch) -> BatchReport | None:
    """What a batch has told of its rows; None before it has."""
    with suppress(FileNotFoundError, ClientError):
        return BatchReport.model_validate_json(_read(world, f"{world.place_of(batch)}/{batch.name}/report.json"))
    return None


def batch_reports(world: World, batches: Iterable[Batch]) -> dict[Batch, BatchReport]:
    """What the batches have told in the end."""
    reports = {batch: batch_report(world, batch) for batch in batches}
    return {batch: report for batch, report in reports.items() if report is not None}


def check_batch(batch: Batch, report: BatchReport, rows: Mapping[Render, list[FlowRun]]) -> None:
    """Every row is told of as it is: done by one run and no more, or failed with the reason."""
    *told, same, invalid = report.rows
    assert (same.state, invalid.state) == (RowState.DUPLICATE, RowState.INVALID)
    assert [row.name for row in told] == [render.slug for render in batch.rows]
    for render, row in zip(batch.rows, told, strict=True):
        runs = {str(run.id): run for run in rows[render]}
        done = [run_id for run_id, run in runs.items() if run.state_type is StateType.COMPLETED]
        assert row.attempts == len(runs), (row.name, row.attempts, len(runs))
        if render.is_mistaken:
            assert (row.state, done) == (RowState.FAILED, []), row.name
            assert "missing.png: not found" in (row.error or "")
        else:
            assert row.state in (RowState.DONE, RowState.SKIPPED), (row.name, row.error)
            assert done == [row.run_id], (row.name, done, row.run_id)


def check_callbacks(world: World, all_asked: list[Asked]) -> int:
    """Each end that was final was told once; return how many deliveries the receiver had to recognise as repeated."""
    events = events_of(world.receiver)
    bodies: dict[str, set[str]] = {}
    for event in events:
        bodies.setdefault(event["id"], set()).add(str(event))
    assert all(len(each) == 1 for each in bodies.values()), "an event was told in two ways"
    by_run: dict[str, Counter[str]] = {}
    for event_id in bodies:
        run_id, _, state = event_id.split(":")
        by_run.setdefault(run_id, Counter())[state] += 1
    for asked in all_asked:
        told = by_run.pop(str(asked.run.id), Counter())
        ending = _ENDINGS.get(asked.run.state_type, "crashed")
        if asked.render.has_callback and asked.was_cut_off:
            assert told.total() >= 1, (asked.render.title, told)  # by whoever found it dead, or by itself before
        elif asked.render.has_callback:
            assert told["completed"] == (ending == "completed"), (asked.render.title, told)
            assert told[ending] >= 1, (asked.render.title, ending, told)
        else:
            assert not told, asked.render.title
    assert not by_run, "runs that nobody asked for were told of"
    return len(events) - len(bodies)


def leftovers(world: World, results: Iterable[Asked]) -> Mapping[str, list[str]]:
    """What lies about when all has been brought down: processes, half-made files, half uploads."""
    for cache in world.stores:
        _open_store(world, cache)
    wanted: dict[str, set[str]] = {"bucket": set(), "folder": set()}
    for render in (asked.render for asked in results):
        wanted["bucket" if render.in_bucket else "folder"] |= {render.place, render.batch or render.place}
    half_made = [path for root in world.stores for path in (root / "tmp").rglob("*")]
    parts = [path for path in world.output.rglob("*") if path.suffix in _LEFT_OVER]
    uploads = [
        upload["Key"]
        for bucket in (OUTPUTS, REMOTE_STORE)
        for upload in world.s3().list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    ]
    return {
        "processes": [" ".join(process.cmdline())[:200] for process in world.own_processes()],
        "half-made files": [str(path) for path in half_made],
        "half-published files": [str(path) for path in parts],
        "half uploads": uploads,
        "temporary files": [str(path) for path in world.temporary.rglob("*") if "neuroshorts-workers" not in path.name],
        "strangers in the bucket": sorted(_roots(_keys(world)) - wanted["bucket"]),
        "strangers in the folder": sorted(_roots(_local_names(world)) - wanted["folder"]),
        "half-made objects": [key for key in _keys(world, REMOTE_STORE) if key.endswith(_LEFT_OVER)],
    }


def _roots(keys: Iterable[str]) -> set[str]:
    """The folders that files lie in."""
    return {key.rpartition("/")[0] for key in keys}


def _local_names(world: World) -> list[str]:
    return [path.relative_to(world.output).as_posix() for path in world.output.rglob("*") if path.is_file()]


def _open_store(world: World, cache: Path) -> None:
    """Let a new process use a store, as the next render would: that sweeps what the dead have left."""
    program = "from blocks.store import open_store\nopen_store()"
    environment = {**world.environment, "NEUROSHORTS_CACHE_DIR": str(cache)}
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], env=environment, check=True)


def _read(world: World, uri: str) -> bytes:
    if not uri.startswith("s3://"):
        return Path(uri).read_bytes()
    place = urlsplit(uri)
    return bytes(world.s3().get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read())


def _followed(link: str) -> bytes:
    if link.startswith("file:"):
        return Path(httpx.URL(link).path).read_bytes()
    answer = httpx.get(link, trust_env=False, timeout=60)
    answer.raise_for_status()
    return answer.content


def _names(files: tuple[PublishedFile, ...]) -> set[str]:
    return {file.name for file in files}


def _names_at(world: World, folder: str) -> set[str]:
    if not folder.startswith("s3://"):
        return {path.name for path in Path(folder).iterdir()} if Path(folder).exists() else set()
    prefix = urlsplit(folder).path.lstrip("/") + "/"
    return {key.removeprefix(prefix) for key in _keys(world) if key.startswith(prefix)}


def _keys(world: World, bucket: str = OUTPUTS) -> list[str]:
    pages = world.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]
