"""Prefect's server as it is, but that a thread of its own collects garbage: `python -m blocks.prefect_server start`.

An SQLite statement in a cycle of garbage is finalised by the thread that collects it, which waits while another thread
is busy with the statement's connection. In the thread of the event loop that is a deadlock: the other thread waits for
a lock on the database whose holder waits for the event loop, and the whole server stands still until SQLite gives up,
after 60 s. Under the load of a batch that happened every two minutes.
"""

import gc
import runpy
import sys
import threading
import time

COLLECT_EVERY_S = 0.5
# Of the collections, the share that looks at old objects, too: they take longer, and hold up all threads meanwhile.
_FULL_EVERY = 60


def main() -> None:
    """Run `prefect server` with this program's arguments."""
    gc.disable()
    threading.Thread(target=_collect_for_ever, name="garbage", daemon=True).start()
    sys.argv = ["prefect", "server", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")


def _collect_for_ever() -> None:
    rounds = 0
    while True:
        time.sleep(COLLECT_EVERY_S)
        rounds += 1
        gc.collect(2 if rounds % _FULL_EVERY == 0 else 1)


if __name__ == "__main__":
    main()
