"""The `neuroshorts` command."""

import atexit
import os
import sys

import typer

from cli import lists, operating, rendering, stores

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Render short videos from a spec.")
for group in (rendering, lists, stores, operating):
    app.add_typer(group.app)


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    ending: list[int] = []
    # Registered first, so called last: all that others want done at the end is done, and what is left of it, taking
    # the interpreter apart, takes a third of a second.
    atexit.register(_end, ending)
    try:
        app()
    except SystemExit as end:
        if isinstance(end.code, int):
            ending.append(end.code)
        raise


def _end(codes: list[int]) -> None:
    if codes:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(codes[0])
