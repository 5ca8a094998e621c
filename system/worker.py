"""A worker that takes its leave: told to end, it takes no more runs, lets those that it has finish, or hands them back.

Prefect's own worker kills its runs when it is told to end and leaves them Running for ever.
"""

import argparse
import asyncio
import os
import signal
import socket
from collections.abc import Container
from contextlib import suppress
from uuid import UUID

import anyio
import anyio.abc
import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, StateType
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.logging import get_logger
from prefect.logging.configuration import setup_logging
from prefect.states import AwaitingRetry
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from system.lost import lost_runs
from system.stranded import pause_s, stranded_runs
from system.temporary import own_temporary_folder

_POLL_S = 0.2
# A run that was being claimed when the order to end came has become a process by then.
_CLAIM_S = 2.0
UNFINISHED = frozenset(StateType) - TERMINAL_STATES - {StateType.CANCELLING}

logger = get_logger("worker.leave")


class RenderWorker(ProcessWorker):
    """A process worker that knows which runs it has, and can stop taking more."""

    def __init__(self, *, pool: str, queues: list[str], name: str, limit: int) -> None:
        super().__init__(work_pool_name=pool, work_queues=queues, name=name, limit=limit)
        self.leaving = False
        self.in_flight: set[UUID] = set()

    @property
    def at_work(self) -> set[UUID]:
        """The runs that it is starting or running."""
        return self.in_flight | self._submitting_flow_run_ids

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Take what waits in the queues, unless this worker is leaving."""
        if self.leaving:
            return []
        try:
            return await super().get_and_submit_flow_runs()
        except RuntimeError as error:
            # A run that has just crashed here was scheduled again before its place was given up: anyio refuses it a
            # second place, which Prefect takes as the worker's end. It is taken the next time.
            logger.warning("Runs are left for the next look: %s", error)
            return []

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> ProcessWorkerResult:
        """Run a flow in a process of its own.

        The result always counts as good: that the process died was told before it is returned, and Prefect's worker
        would tell it once more seconds later, to a run that may have been taken up again elsewhere meanwhile.
        """
        self.in_flight.add(flow_run.id)
        result = await super().run(flow_run, configuration, task_status)
        self.in_flight.remove(flow_run.id)  # not reached when the run is cut off: it is handed back then
        return ProcessWorkerResult(identifier=result.identifier, status_code=0)


async def serve(worker: RenderWorker, *, leave_s: float) -> None:
    """Work until SIGTERM or SIGINT; then give the runs up to `leave_s` to finish, and hand back the rest.

    First hands back what an earlier worker of this name has lost.
    """
    told = anyio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await hand_back_lost(worker.name)
    async with anyio.create_task_group() as group:
        group.start_soon(_work, worker)
        group.start_soon(_look_for_stranded, worker)
        await told.wait()
        logger.info("Leaving: no more runs are taken, %d may finish", len(worker.in_flight))
        worker.leaving = True
        await anyio.sleep(min(_CLAIM_S, leave_s))
        with anyio.move_on_after(leave_s):
            while worker.in_flight:
                await anyio.sleep(_POLL_S)
        group.cancel_scope.cancel()  # kills the processes of what is left
    await hand_back(worker.in_flight, by=worker.name)


async def hand_back(runs: set[UUID], *, by: str, states: Container[StateType] = UNFINISHED) -> None:
    """Schedule runs again that were cut off, at once, for any worker to go on from their finished steps.

    One that is in none of `states` any more has ended, is being cancelled, or is somebody else's by now.
    """
    async with get_client() as client:
        for run_id in runs:
            with suppress(ObjectNotFound):
                state = (await client.read_flow_run(run_id)).state
                if state is not None and state.type in states:
                    await client.set_flow_run_state(run_id, AwaitingRetry(message=f"Handed back by worker {by}"))
                    logger.info("Handed back flow run %s", run_id)


async def hand_back_lost(name: str) -> None:
    """Schedule again what a worker of this name had when it died; without the API nothing, which is asked once."""
    try:
        async with get_client() as client:
            lost = await lost_runs(client, worker=name)
        await hand_back(lost, by=f"{name}, which died with it")
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        logger.warning("Runs of an earlier worker of this name were not looked for: %s", error)


async def hand_back_stranded(worker: RenderWorker, *, seen: set[UUID]) -> set[UUID]:
    """Schedule again what nobody starts, if the last look has `seen` it, too; return what this look has.

    A server that has been away for minutes takes all workers for gone until they have said that they are there.
    """
    try:
        async with get_client() as client:
            stranded = await stranded_runs(client, worker=worker.name, at_work=worker.at_work)
        await hand_back(stranded & seen, by=f"{worker.name}, as nobody has started it", states=(StateType.PENDING,))
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        logger.warning("Runs that nobody starts are looked for later: %s", error)
        return set()
    return stranded


async def _look_for_stranded(worker: RenderWorker) -> None:
    seen: set[UUID] = set()
    while True:
        await anyio.sleep(pause_s())
        if not worker.leaving:
            seen = await hand_back_stranded(worker, seen=seen)


async def _work(worker: RenderWorker) -> None:
    await worker.start(with_healthcheck="PREFECT_WORKER_WEBSERVER_PORT" in os.environ, printer=logger.info)


def main() -> None:
    """Run a worker until it is told to end."""
    parser = argparse.ArgumentParser(prog="python -m system.worker", description=__doc__)
    parser.add_argument("--pool", required=True)
    parser.add_argument("--work-queue", action="append", required=True, dest="queues")
    parser.add_argument("--name", default=socket.gethostname(), help="the machine's when not given")
    parser.add_argument("--limit", type=int, default=1, help="runs at once")
    parser.add_argument("--leave", type=float, default=20, help="seconds that runs get to finish when told to end")
    options = parser.parse_args()
    setup_logging()
    own_temporary_folder()
    worker = RenderWorker(pool=options.pool, queues=options.queues, name=options.name, limit=options.limit)
    asyncio.run(serve(worker, leave_s=options.leave))


if __name__ == "__main__":
    main()
