"""Prefect's server as it is, but for three things: `python -m blocks.prefect_server start`.

Garbage is collected by a thread of its own. An SQLite statement in a cycle of garbage is finalised by the thread that
collects it, which waits while another thread is busy with the statement's connection. In the thread of the event loop
that is a deadlock: the other thread waits for a lock on the database whose holder waits for the event loop, and the
whole server stands still until SQLite gives up, after 60 s. Under the load of a batch that happened every two minutes.

A transaction that is to write takes the lock for writing when it begins. Prefect's takes it at its first write, after
it has read, and then SQLite does not wait for another writer but refuses at once: one of five requests to start a run
was answered with 503 while one other run worked, heartbeats of workers were dropped, and what an event changes for the
automations was given up, which brought the callback of a cancelled render a quarter of an hour late.

One that only this machine reaches, and which asks for no password, answers the pages of no other web site.
"""

import argparse
import gc
import runpy
import sys
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from prefect.server.database.configurations import SQLITE_BEGIN_MODE, AioSqliteConfiguration
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

from blocks.local_auth import is_loopback
from blocks.own_pages import OwnPagesOnly

COLLECT_EVERY_S = 0.5
# Of the collections, the share that looks at old objects, too: they take longer, and hold up all threads meanwhile.
# What the first of them leaves is the program itself, which stays, and would take each of them 0.4 s: the later ones
# pass over it.
_FULL_EVERY = 60


def main() -> None:
    """Run `prefect server` with this program's arguments."""
    AioSqliteConfiguration.begin_transaction = _begin_transaction  # type: ignore[method-assign, assignment]
    gc.disable()
    threading.Thread(target=_collect_for_ever, name="garbage", daemon=True).start()
    if is_loopback(_host(sys.argv[1:])):
        uvicorn.run = _run_for_own_pages
    sys.argv = ["prefect", "server", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")


_run = uvicorn.run


def _run_for_own_pages(app: Any, **options: Any) -> None:
    """Serve Prefect's application to those alone that may talk to it. Prefect's own calls of it come another way."""
    _run(OwnPagesOnly(app), **options)


def _host(arguments: list[str]) -> str:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1")
    return str(parser.parse_known_args(arguments)[0].host)


@asynccontextmanager
async def _begin_transaction(
    _: AioSqliteConfiguration, session: AsyncSession, with_for_update: bool = False
) -> AsyncGenerator[AsyncSessionTransaction]:
    """Do as Prefect's method of this name, but lock the database for writing at once, waiting for other writers.

    Only this transaction: a session that is opened inside it would wait for its own caller, and tasks that are started
    inside it inherit what is set here. So a transaction inside another one begins as Prefect would begin it.
    """
    is_outermost = SQLITE_BEGIN_MODE.get() is None
    before = SQLITE_BEGIN_MODE.set("IMMEDIATE" if is_outermost or with_for_update else "DEFERRED")
    try:
        async with session.begin() as transaction:
            await session.connection()
            SQLITE_BEGIN_MODE.set("DEFERRED")
            yield transaction
    finally:
        SQLITE_BEGIN_MODE.reset(before)


def _collect_for_ever() -> None:
    rounds = 0
    while True:
        time.sleep(COLLECT_EVERY_S)
        rounds += 1
        gc.collect(2 if rounds % _FULL_EVERY == 0 else 1)
        if rounds == _FULL_EVERY:
            gc.freeze()


if __name__ == "__main__":
    main()
