"""End what `up` started on this machine, and nothing else."""

from collections.abc import Callable

from blocks.local_server import stop_server
from blocks.processes import is_alive, stop
from system.state import SystemState, read_state, system_home, system_lock, write_state
from system.workers import LEAVE_S, stop_workers

EXPORTER_GRACE_S = 5


def bring_down(*, notify: Callable[[str], None]) -> bool:
    """End the workers, then the server; return whether anything was running."""
    home = system_home()
    with system_lock(home):
        state = read_state(home)
        if state.workers:
            notify(f"Waiting for the workers: a run gets {LEAVE_S} s to finish, or is handed back")
        ended = stop_workers(state.workers)
        for worker in ended:
            notify(f"worker {worker.name} has ended")
        exporter_ended = state.exporter is not None and is_alive(state.exporter)
        if state.exporter is not None and exporter_ended:
            stop(state.exporter, grace_s=EXPORTER_GRACE_S)
            notify("the exporter has ended")
        write_state(home, SystemState(api_url=state.api_url, deployed=state.deployed))
        server_ended = stop_server(home=home)
        if server_ended:
            notify("the local server has ended")
    return bool(ended) or exporter_ended or server_ended
