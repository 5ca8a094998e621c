"""Render a batch: every row of a folder, a glob, a file or an S3 prefix becomes a run of `render-short`."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

from prefect import Flow, flow, get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from pydantic import Field

from flows.batch_view import BatchView
from flows.progress import listener
from flows.render_short import render_short
from models.batch import BatchReport, Row, RowRun, RowState, RunsWhere
from tasks.batch_feed import Feed, Runner
from tasks.batch_memory import RowMemory
from tasks.batch_pool import DEPLOYMENT, PoolRunner, cancel_rows, error_of, find_pool
from tasks.batch_report import write_reports
from tasks.batch_source import batch_folder, batch_name, read_rows, settle_rows
from tasks.errors import RowsFailed, RunRefused

AT_ONCE = 20
MOST_AT_ONCE = 200


class HereRunner:
    """Renders rows in this process, one after another: each takes all the cores by itself."""

    def start(self, row: Row, attempt: int) -> RowRun:
        """Render the row to its end."""
        started = time.monotonic()
        token = listener.set(None)  # who listens counts rows, not the steps of each
        try:
            state = render_short(row.spec, name=row.name, destination=row.destination, return_state=True)
        finally:
            listener.reset(token)
        ended = RowState.DONE if state.is_completed() else RowState.FAILED
        run_id = str(state.state_details.flow_run_id)
        return RowRun(id=run_id, state=ended, seconds=time.monotonic() - started, error=error_of(state))

    def look(self, runs: Sequence[RowRun]) -> Sequence[RowRun]:
        """Return the runs as they are: all have ended."""
        return runs


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
    started = time.monotonic()
    batch = batch_name(source, name)
    folder = batch_folder(destination, batch)
    rows, statuses = settle_rows(read_rows(source), folder=folder)
    if not statuses:
        get_run_logger().warning("%s holds no rows", source)
    with get_client(sync_client=True) as client:
        pool = _pool(client, batch, where) if rows else None
        view = BatchView(statuses, client=client, listen=listener.get())
        runner: Runner = pool or HereRunner()
        feed = Feed(
            statuses=statuses,
            runner=runner,
            memory=RowMemory(batch),
            at_once=at_once if pool else 1,
            on_change=view.changed,
        )
        try:
            feed.run(rows.values(), again=again)
        finally:
            report = BatchReport(
                name=batch,
                source=source,
                folder=folder,
                where=RunsWhere.POOL if pool else RunsWhere.HERE,
                seconds=time.monotonic() - started,
                rows=tuple(statuses.values()),
            )
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
