"""The commands of those who operate an installation."""

from typing import Annotated

import typer

from cli.console import stderr, stdout, told_errors
from cli.running import choose_server

app = typer.Typer()


@app.command()
def doctor() -> None:
    """Check what a render needs on this machine, and say how to mend what is missing."""
    from tasks.doctor import check_all

    marks = {True: "[green]ok[/]  ", False: "[red]bad[/] "}
    findings = check_all()
    for finding in findings:
        stdout.print(f"{marks[finding.ok]} [bold]{finding.subject}[/]: {finding.detail}", highlight=False)
        if not finding.ok:
            stdout.print(f"     mend: {finding.mend}", highlight=False)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command()
def up(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Shorts rendered at once on this machine.")] = 2,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Of the local server; 4200 when free.")] = None,
    host: Annotated[
        str | None,
        typer.Option(help="Address the local server listens on; one that others reach, too, asks for a password."),
    ] = None,
) -> None:
    """Bring the whole system up: server, pool, limits, automations, deployments, workers. Again changes nothing."""
    from system.up import bring_up

    with told_errors():
        system = bring_up(workers=workers, port=port, host=host, notify=stderr.print)
    for change in system.changes:
        stdout.print(f"[green]+[/] {change}", highlight=False)
    stdout.print(f"{len(system.workers)} workers are running. Open [bold]{system.ui_url}[/]", highlight=False)
    if system.password_file:
        stdout.print(f"User and password are in {system.password_file}", highlight=False, markup=False)


@app.command()
def deploy(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Shorts that all workers together render at once.")] = 2,
) -> None:
    """Create or correct pool, queues, limits, automations and deployments on the configured Prefect server."""
    choose_server()
    from system.provision import provision

    with told_errors():
        _, changes = provision(workers=workers)
    for change in changes:
        stdout.print(f"[green]+[/] {change}", highlight=False)


@app.command()
def recover() -> None:
    """After a restore, while no worker runs: hand back the runs that the server believes to be under way."""
    choose_server()
    from system.recover import recover as hand_back

    with told_errors():
        names = hand_back()
    for name in names:
        stdout.print(f"[green]+[/] {name} waits for a worker", highlight=False)
    stdout.print(f"{len(names)} runs were handed back.", highlight=False)


@app.command()
def down() -> None:
    """End what `up` started, or the local server that `render` started."""
    from system.down import bring_down

    if not bring_down(notify=lambda message: stdout.print(message, highlight=False)):
        stdout.print("Nothing was running.")


@app.command()
def metrics(
    host: Annotated[str, typer.Option(help="Address to answer at.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="NEUROSHORTS_METRICS_PORT when not given.")] = None,
) -> None:
    """Export metrics to Prometheus at /metrics until told to end; `up` starts one."""
    choose_server()
    from blocks.settings import get_settings
    from system.metrics import serve

    serve(host=host, port=port or get_settings().metrics_port)
