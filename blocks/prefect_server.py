"""Prefect's server as it is, but for two ways in which SQLite fails it: `python -m blocks.prefect_server start`.

Garbage is collected by a thread of its own. An SQLite statement in a cycle of garbage is finalised by the thread that
collects it, which waits while another thread is busy with the statement's connection. In the thread of the event loop
that is a deadlock: the other thread waits for a lock on the database whose holder waits for the event loop, and the
whole server stands still until SQLite gives up, after 60 s. Under the load of a batch that happened every two minutes.

What an event changes for the automations is a transaction that takes the lock for writing when it begins. Prefect's
takes it at its first write, after it has read, and then SQLite does not wait for another writer but refuses at once.
Tried four times within milliseconds, the event was given up, and those that follow it (Cancelled after Cancelling) were
held back for a quarter of an hour: the callback of a cancelled render came that late.
"""

import gc
import runpy
import sys
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prefect.server.database.dependencies import provide_database_interface
from prefect.server.events import triggers
from sqlalchemy.ext.asyncio import AsyncSession

COLLECT_EVERY_S = 0.5
# Of the collections, the share that looks at old objects, too: they take longer, and hold up all threads meanwhile.
_FULL_EVERY = 60


def main() -> None:
    """Run `prefect server` with this program's arguments."""
    triggers.automations_session = _automations_session  # type: ignore[attr-defined, assignment]
    gc.disable()
    threading.Thread(target=_collect_for_ever, name="garbage", daemon=True).start()
    sys.argv = ["prefect", "server", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")


@asynccontextmanager
async def _automations_session(begin_transaction: bool = False) -> AsyncGenerator[AsyncSession]:
    """Do as Prefect's function of this name, but lock the database for writing when a transaction begins."""
    database = provide_database_interface()
    async with database.session_context(
        begin_transaction=begin_transaction, with_for_update=begin_transaction
    ) as session:
        yield session


def _collect_for_ever() -> None:
    rounds = 0
    while True:
        time.sleep(COLLECT_EVERY_S)
        rounds += 1
        gc.collect(2 if rounds % _FULL_EVERY == 0 else 1)


if __name__ == "__main__":
    main()
