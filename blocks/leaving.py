"""The end of a run's process that was told to end while its threads still wait for something.

Prefect lets the threads of a run finish before its process ends. One that waits for an encode slot, or for a service
that answers in minutes, holds it up until the worker loses patience after 30 s, and a run that was cancelled is shown
as such only then. Nothing is lost without them: finished steps are recorded, and everything is written under a
temporary name first.
"""

import os
import signal
import threading
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

PATIENCE_S = 2.0  # the worker looks 3 s after it has told the process to end
_RUN = "PREFECT__FLOW_RUN_ID"  # set by a worker, for the one run that the process is there for
_TERMINATED = 128 + signal.SIGTERM


def leave_soon() -> None:
    """Let this process be gone in `PATIENCE_S`, if a worker has started it: what ends by itself until then, may."""
    run_id = os.environ.get(_RUN)
    if run_id is None:
        return
    last = threading.Timer(PATIENCE_S, _leave, (UUID(run_id),))
    last.daemon = True
    last.start()


def _leave(run_id: UUID) -> None:
    os._exit(_exit_code(run_id))


def _exit_code(run_id: UUID) -> int:
    """Return 0 when the run's state is settled or somebody else's, as while it is cancelled or handed back.

    Otherwise nobody has said how it ended: the worker takes any other code for a crash, and says so.
    """
    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(run_id).state
    except (httpx.HTTPError, ObjectNotFound):
        return _TERMINATED
    return _TERMINATED if state is None or state.is_running() else 0
