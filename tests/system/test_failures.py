"""What becomes of a render whose process, machine, server or worker is taken away: on a real server and workers."""

import os
import signal
import time

import psutil
import pytest

from blocks.settings import get_settings
from tests.system.installation import Installation, all_slots_taken
from tests.waiting import wait_for

pytestmark = pytest.mark.heavy

RENDER_S = 180
SCENES = 24
GONE_S = 60  # 20 s for the run to finish, and to hand it back


def ended(installation: Installation, run_id: object) -> bool:
    state = installation.run(run_id).state  # type: ignore[arg-type]
    return state is not None and state.is_final()


def encodes(installation: Installation, run_id: object, state: str) -> set[str]:
    """The encodes of a run that ended in a state."""
    return {
        run.name
        for run in installation.task_runs(run_id)  # type: ignore[arg-type]
        if run.name.startswith("burn_subtitles") and run.state_name == state
    }


def seconds_until_gone(processes: list[psutil.Process]) -> float:
    return wait_for(lambda: not psutil.wait_procs(processes, timeout=0)[1], timeout_s=GONE_S, what="their end")


def test_cancelled_through_the_api_it_stops_encoding_at_once(installation: Installation, figures: dict[str, float]):
    run_id = installation.start(installation.long_spec("Cancelled", scenes=SCENES))
    wait_for(installation.encoders, timeout_s=60, what="an encoder")
    installation.set_state(run_id, type="CANCELLING")
    gone = "cancelled: until no encoder is left"
    figures[gone] = wait_for(lambda: not installation.encoders(), timeout_s=10, what="the encoders' end")
    told_s = wait_for(lambda: installation.state_name(run_id) == "Cancelled", timeout_s=60, what="Cancelled")
    figures["cancelled: until Cancelled"] = figures[gone] + told_s
    assert not installation.encoders()
    assert installation.flow_process(run_id) is None
    assert not (installation.output / "cancelled").exists()


def test_a_killed_process_is_crashed_and_retry_goes_on_from_what_is_finished(
    installation: Installation, figures: dict[str, float]
):
    run_id = installation.start(installation.long_spec("Killed", scenes=SCENES))
    wait_for(lambda: len(encodes(installation, run_id, "Completed")) > 2, timeout_s=RENDER_S, what="three encodes")
    process = installation.flow_process(run_id)
    assert process is not None
    process.kill()
    crashed = lambda: installation.state_name(run_id) == "Crashed"  # noqa: E731
    figures["flow process killed: until Crashed"] = wait_for(crashed, timeout_s=60, what="Crashed")
    assert not installation.encoders()
    done = encodes(installation, run_id, "Completed")
    assert len(done) < SCENES

    installation.set_state(run_id, type="SCHEDULED", name="AwaitingRetry", message="Retry from the UI")
    retried_s = wait_for(lambda: ended(installation, run_id), timeout_s=RENDER_S, what="the retry")
    figures[f"flow process killed: retried from {len(done)} of {SCENES} encodes until Completed"] = retried_s

    assert installation.state_name(run_id) == "Completed"
    assert installation.run(run_id).run_count == 2
    assert done <= encodes(installation, run_id, "Cached") | encodes(installation, run_id, "Completed")
    assert len(encodes(installation, run_id, "Cached")) >= len(done)
    assert (installation.output / "killed" / "video.mp4").exists()


def test_a_machine_that_is_gone_is_noticed_and_a_slow_render_is_left_alone(
    installation: Installation, figures: dict[str, float]
):
    with all_slots_taken(installation.store, count=get_settings().scene_workers):
        lost, slow = (
            installation.start(installation.long_spec("Lost")),
            installation.start(installation.long_spec("Slow")),
        )
        for run_id in (lost, slow):
            wait_for(lambda: installation.flow_process(run_id), timeout_s=60, what="the process")  # noqa: B023
            wait_for(lambda: installation.state_name(run_id) == "Running", timeout_s=60, what="Running")  # noqa: B023
        process = installation.flow_process(lost)
        assert process is not None
        machine = [process.parent(), process]
        for member in machine:
            assert member is not None
            member.send_signal(signal.SIGKILL)
        took_s = wait_for(lambda: installation.state_name(lost) == "Crashed", timeout_s=120, what="Crashed")
        assert took_s > 30  # nobody but the automation told
        figures["machine gone: until Crashed"] = took_s
        started = time.monotonic()
        while time.monotonic() - started < 60:
            assert installation.state_name(slow) == "Running"
            time.sleep(2)
    wait_for(lambda: ended(installation, slow), timeout_s=RENDER_S, what="the slow render")
    assert installation.state_name(slow) == "Completed"
    assert "Crashed" not in installation.history(slow)

    installation.up(workers=2)
    installation.set_state(lost, type="SCHEDULED", name="AwaitingRetry", message="Retry from the UI")
    wait_for(lambda: ended(installation, lost), timeout_s=RENDER_S, what="the retry")
    assert installation.state_name(lost) == "Completed"


def test_a_render_survives_a_server_that_restarts(installation: Installation, figures: dict[str, float]):
    run_id = installation.start(installation.long_spec("Survivor"))
    wait_for(lambda: encodes(installation, run_id, "Completed"), timeout_s=RENDER_S, what="an encode")
    server = installation.server()
    os.killpg(server.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    time.sleep(8)  # long enough for the render to miss it
    installation.up(workers=2)
    figures["server killed: until it answered again"] = time.monotonic() - killed_at
    assert installation.server() != server
    wait_for(lambda: ended(installation, run_id), timeout_s=RENDER_S, what="the render")
    assert installation.state_name(run_id) == "Completed"
    assert installation.run(run_id).run_count == 1
    assert (installation.output / "survivor" / "video.mp4").exists()


def test_a_worker_told_to_end_lets_a_short_render_finish(installation: Installation, figures: dict[str, float]):
    run_id = installation.start(installation.long_spec("Finishing", scenes=2))
    wait_for(lambda: installation.flow_process(run_id), timeout_s=60, what="the process")
    workers = [installation.worker("render-1"), installation.worker("render-2")]
    for worker in workers:
        worker.terminate()
    figures["worker told to end: until it was gone, its short render done"] = seconds_until_gone(workers)
    assert installation.state_name(run_id) == "Completed"
    installation.up(workers=2)


def test_a_worker_told_to_end_hands_a_long_render_back(installation: Installation, figures: dict[str, float]):
    with all_slots_taken(installation.store, count=get_settings().scene_workers):
        run_id = installation.start(installation.long_spec("Handed back"))
        wait_for(lambda: installation.state_name(run_id) == "Running", timeout_s=60, what="Running")
        workers = [installation.worker("render-1"), installation.worker("render-2")]
        for worker in workers:
            worker.terminate()
        figures["worker told to end: until it was gone, its long render handed back"] = seconds_until_gone(workers)
        assert installation.state_name(run_id) == "AwaitingRetry"
        assert installation.flow_process(run_id) is None
    installation.up(workers=2)
    wait_for(lambda: ended(installation, run_id), timeout_s=RENDER_S, what="the render")
    assert installation.state_name(run_id) == "Completed"
    assert "Crashed" not in installation.history(run_id)
