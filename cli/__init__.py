"""The `neuroshorts` command."""

import typer

from cli import lists, operating, rendering, stores

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Render short videos from a spec.")
for group in (rendering, lists, stores, operating):
    app.add_typer(group.app)


def main() -> None:
    """Run the command line."""
    app()
