"""Prepare the music: decoded and analysed once for all shorts that play it."""

from blocks.store import open_store
from engines.audio.track import prepare_track
from engines.errors import SourceUnreadable
from models.audio import PreparedTrack
from models.media import Source
from tasks.retries import step


@step(version=1, run_name="prepare_music")
def prepare_music(track: Source, loop_samples: int | None) -> PreparedTrack:
    """Return the track as sound that can be mixed, and where it may repeat. Raises SourceUnreadable."""
    if track.blob is None:
        raise SourceUnreadable(source=track.uri, reason="a colour has no sound")
    store = open_store()
    with store.scratch() as folder:
        output = folder / "track.wav"
        info = prepare_track(store.local_path(track.blob), name=track.uri, output=output, loop_samples=loop_samples)
        return PreparedTrack(uri=track.uri, blob=store.put(output, "audio/wav", move=True), info=info)
