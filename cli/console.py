"""Where the command writes, and the codes it ends with."""

from collections.abc import Generator
from contextlib import contextmanager

import typer
from rich.console import Console

from engines.errors import NeuroShortsError, SpecMistake

EXIT_RENDER_FAILED = 1
EXIT_SPEC_WRONG = 2

stdout = Console(soft_wrap=True)
stderr = Console(stderr=True, soft_wrap=True)


@contextmanager
def told_errors() -> Generator[None]:
    """Turn a failure that we know into its message and exit code: 2 for a mistake in what was asked for, else 1."""
    try:
        yield
    except NeuroShortsError as error:
        tell_problem(str(error))
        raise typer.Exit(EXIT_SPEC_WRONG if isinstance(error, SpecMistake) else EXIT_RENDER_FAILED) from error


def tell_problem(text: str) -> None:
    """Print on stderr, as it is, what went wrong."""
    stderr.print(text, style="red", markup=False, highlight=False)
