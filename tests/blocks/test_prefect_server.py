import subprocess
import sys

COLLECTED = """
import gc, threading, time, weakref
from blocks import prefect_server

class Knot:
    def __init__(self):
        self.itself = self

prefect_server.COLLECT_EVERY_S = 0.001
gc.disable()
threading.Thread(target=prefect_server._collect_for_ever, daemon=True).start()
deadline = time.monotonic() + 60
while not gc.get_freeze_count() and time.monotonic() < deadline:
    time.sleep(0.01)
program, late = gc.get_freeze_count(), weakref.ref(Knot())
while late() and time.monotonic() < deadline:
    time.sleep(0.01)
print(program > 10_000, late(), gc.get_freeze_count() <= program)
"""


def test_the_program_itself_is_looked_at_once_and_what_comes_later_always():
    """Every look at the whole of it would hold up all requests for 0.4 s."""
    told = subprocess.run([sys.executable, "-c", COLLECTED], capture_output=True, text=True, timeout=90, check=True)
    assert told.stdout.split() == ["True", "None", "True"]
