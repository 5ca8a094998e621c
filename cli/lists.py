"""The commands that list what a spec and an installation can name."""

import json
from typing import Annotated

import typer

from cli.console import stdout, told_errors
from cli.running import choose_server
from models.voice import VoiceProvider

app = typer.Typer()


@app.command()
def schema() -> None:
    """Print the JSON Schema of the spec."""
    from models.spec import ShortSpec

    stdout.out(json.dumps(ShortSpec.model_json_schema(), indent=2, ensure_ascii=False), highlight=False)


@app.command()
def voices(
    language: Annotated[str | None, typer.Option(help="Only voices of this language, such as en or pt-BR.")] = None,
    provider: Annotated[VoiceProvider, typer.Option(help="Whose voices.")] = VoiceProvider.ESPEAK,
    block: Annotated[str, typer.Option(help="Saved settings of the provider; empty for the block named default.")] = "",
) -> None:
    """List the voices that a spec can name."""
    from rich.table import Column, Table

    if provider is not VoiceProvider.ESPEAK or block:
        choose_server()
    from blocks.voices import voice_block

    with told_errors():
        found = voice_block(provider, block).voices(language)
    table = Table(
        "provider", Column("name", no_wrap=True), "language", "gender", "description", box=None, pad_edge=False
    )
    for voice in found:
        table.add_row(voice.provider, voice.name, voice.language, voice.gender, voice.description)
    stdout.print(table)


@app.command()
def music() -> None:
    """List the music library: every track, and the moods that a spec can ask for."""
    from rich.table import Column, Table

    from tasks.sound import libraries

    table = Table(Column("track", no_wrap=True), "moods", "author", "licence", box=None, pad_edge=False)
    with told_errors():
        tracks = [track for library in libraries() for track in library]
    for track in tracks:
        table.add_row(track.address, ", ".join(track.moods), track.author, track.licence)
    stdout.print(table)


@app.command()
def platforms() -> None:
    """List the platforms whose limits a spec can ask to keep, by `export.platform`."""
    from rich.text import Text

    from engines.platforms import told
    from tasks.delivery import known_platforms

    with told_errors():
        known = known_platforms()
    for name, limits in known.items():
        stdout.print(Text(name, style="bold"), Text(f"(checked {limits.checked})", style="dim"))
        for line in told(limits):
            stdout.print(Text(f"    {line}"))


@app.command()
def effects() -> None:
    """List motions, transitions and looks that a scene can name."""
    from rich.table import Column, Table

    from engines.visuals.catalogue import catalogue
    from engines.visuals.motion import MOTIONS
    from tasks.shots import find_own_effects

    table = Table("kind", Column("name", no_wrap=True), "does", box=None, pad_edge=False)
    for motion, summary in MOTIONS.items():
        table.add_row("motion", motion.value, summary)
    with told_errors():
        find_own_effects()
        offered = catalogue()
    for effect in sorted(offered.values(), key=lambda effect: (effect.kind != "transition", effect.name)):
        table.add_row(effect.kind.value, effect.name, effect.summary)
    stdout.print(table)


@app.command()
def settings() -> None:
    """List the environment variables of an installation, the values that count here, and what they are for."""
    from rich.text import Text

    from blocks.settings import get_settings
    from blocks.settings_list import list_settings

    for setting in list_settings(get_settings()):
        stdout.print(Text(f"{setting.variable}={setting.value}", style="bold" if setting.is_set else ""))
        stdout.print(Text(f"    {setting.meaning}", style="dim"))
