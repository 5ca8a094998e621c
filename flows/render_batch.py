"""Render a batch: every row of a folder, a glob, a file or an S3 prefix becomes a run of `render-short`."""

import time
from typing import Annotated, Any, NamedTuple

from prefect import Flow, flow, get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from pydantic import Field

from flows.batch_view import BatchView
from flows.here_runner import HereRunner
from flows.progress import listener
from models.batch import BatchReport, Row, RowStatus, RunsWhere
from tasks.batch_feed import Feed
from tasks.batch_memory import RowMemory
from tasks.batch_pool import DEPLOYMENT, PoolRunner, cancel_rows, find_pool
from tasks.batch_report import write_reports
from tasks.batch_source import batch_folder, batch_name, read_rows, settle_rows
from tasks.errors import RowsFailed, RunRefused
from tasks.publish import check_writable

AT_ONCE = 20
MOST_AT_ONCE = 200


class Batch(NamedTuple):
    """The rows to render, by their number, and what has become of each row that was read."""

    name: str
    source: str
    folder: str
    rows: dict[int, Row]
    statuses: dict[int, RowStatus]
    started_s: float

    @classmethod
    def read(cls, source: str, name: str | None, destination: str | None) -> "Batch":
        """Read the rows. Raises what `read_rows` raises."""
        started_s, own_name = time.monotonic(), batch_name(source, name)
        folder = batch_folder(destination, own_name)
        rows, statuses = settle_rows(read_rows(source), folder=folder)
        if not statuses:
            get_run_logger().warning("%s holds no rows", source)
        return cls(own_name, source, folder, rows, statuses, started_s)

    def report(self, where: RunsWhere) -> BatchReport:
        """Return how things are now."""
        return BatchReport(
            name=self.name,
            source=self.source,
            folder=self.folder,
            where=where,
            seconds=time.monotonic() - self.started_s,
            rows=tuple(self.statuses.values()),
        )


def _cancel_rows(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Cancel what the batch has started; Prefect leaves the runs of a cancelled run alone."""
    batch = batch_name(str(flow_run.parameters["source"]), flow_run.parameters.get("name"))
    with get_client(sync_client=True) as client:
        cancel_rows(client, batch)


@flow(name="render-batch", flow_run_name="{source}", on_cancellation=[_cancel_rows])
def render_batch(
    source: Annotated[str, Field(min_length=1)],
    name: str | None = "",
    destination: str | None = "",
    where: RunsWhere = RunsWhere.AUTO,
    at_once: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = AT_ONCE,
    again: bool = False,
) -> BatchReport:
    """Render every row that is not finished yet, and report on each. Bad and failed rows do not stop the others.

    Args:
        source: Folder, glob, .csv or .jsonl file, or address of storage such as s3://bucket/prefix
        name: Of the batch; empty for the source's
        destination: Folder or URL; empty for the installation's
        where: pool waits for workers; here renders in this process; auto finds out
        at_once: Most unfinished runs on the pool
        again: Render finished rows, too
    """
    batch = Batch.read(source, name, destination)
    check_writable(batch.folder)
    with get_client(sync_client=True) as client:
        pool = _pool(client, batch.name, where) if batch.rows else None
        view = BatchView(batch.statuses, client=client, listen=listener.get())
        try:
            _feed(batch, pool, at_once, view).run(batch.rows.values(), again=again)
        finally:
            report = batch.report(RunsWhere.POOL if pool else RunsWhere.HERE)
            address = write_reports(report)
            view.update()
    if report.unfinished:
        raise RowsFailed(failed=report.unfinished, total=len(report.rows), report=address)
    return report


def _pool(client: SyncPrefectClient, batch: str, where: RunsWhere) -> PoolRunner | None:
    """Return the pool to render on, or None for this process. Raises RunRefused if there must be one and is none."""
    if where is RunsWhere.HERE:
        return None
    pool = find_pool(client, batch, needs_worker=where is RunsWhere.AUTO)
    if pool is None and where is RunsWhere.POOL:
        raise RunRefused(reason=f"there is no deployment {DEPLOYMENT}; `neuroshorts up` makes it")
    get_run_logger().info("Rendering %s", "on the work pool" if pool else "in this process")
    return pool


def _feed(batch: Batch, pool: PoolRunner | None, at_once: int, view: BatchView) -> Feed:
    return Feed(
        statuses=batch.statuses,
        runner=pool or HereRunner(),
        memory=RowMemory(batch.name),
        at_once=at_once if pool else 1,
        on_change=view.changed,
    )
