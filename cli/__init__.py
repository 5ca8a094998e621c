"""The `neuroshorts` command."""

import atexit
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from cli import lists, operating, rendering, stores
from cli.console import stdout

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    epilog="Exit code 0: done; 1: it failed; 2: the spec, or what was asked for, is wrong.",
)
for group in (rendering, lists, stores, operating):
    app.add_typer(group.app)


def _tell_version(wanted: bool) -> None:
    if wanted:
        stdout.out(f"neuroshorts {version('neuroshorts')}", highlight=False)
        raise typer.Exit


@app.callback(help="Render short videos from a spec.")
def _options(
    wanted: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version and end.")
    ] = False,
) -> None:
    pass


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
