"""Slots: never more holders than slots, and a killed process holds none."""

import subprocess
import sys
import threading
from pathlib import Path

from blocks.slots import slot

HOLD = """
import sys
from pathlib import Path
from blocks.slots import slot
with slot(Path(sys.argv[1]), count=1):
    print("held", flush=True)
    input()
"""


def test_no_more_hold_a_slot_at_once_than_there_are(tmp_path: Path):
    inside, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with slot(tmp_path, count=3):
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == 0
    assert 1 <= most <= 3


def test_holders_have_different_slots(tmp_path: Path):
    with slot(tmp_path, count=2) as first, slot(tmp_path, count=2) as second:
        assert {first, second} == {0, 1}


def test_a_killed_process_gives_its_slot_back(tmp_path: Path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    with slot(tmp_path, count=1) as number:
        assert number == 0
