"""Prepare music and sound effects: decoded and analysed once for all shorts that play them."""

from pathlib import Path

from blocks.store import open_store
from engines.audio.effects import prepare_effect as analyse_effect
from engines.audio.track import prepare_track
from engines.errors import SourceUnreadable
from models.audio import PreparedEffect, PreparedTrack
from models.media import Source
from tasks.retries import step


@step(version=2, run_name="prepare_music")
def prepare_music(track: Source) -> PreparedTrack:
    """Return the track as sound that can be mixed, and where it may repeat. Raises SourceUnreadable."""
    store = open_store()
    with store.scratch() as folder:
        source, output = _sound(track), folder / "track.wav"
        info = prepare_track(source, name=track.uri, output=output)
        return PreparedTrack(uri=track.uri, blob=store.put(output, "audio/wav", move=True), info=info)


@step(version=1, run_name="prepare_effect: {used_by}", exclude=("used_by",))
def prepare_effect(sound: Source, used_by: str) -> PreparedEffect:
    """Return a sound effect as sound that can be mixed, and its loudest moment. Raises SourceUnreadable."""
    store = open_store()
    with store.scratch() as folder:
        source, output = _sound(sound), folder / "effect.wav"
        info = analyse_effect(source, name=sound.uri, output=output)
        return PreparedEffect(uri=sound.uri, blob=store.put(output, "audio/wav", move=True), info=info)


def _sound(source: Source) -> Path:
    if source.blob is None:
        raise SourceUnreadable(source=source.uri, reason="a colour has no sound")
    return open_store().local_path(source.blob)
