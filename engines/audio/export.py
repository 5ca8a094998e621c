"""The finished sound as a file of its own, encoded from the lossless master, or the master's AAC with its title."""

from pathlib import Path

from engines import ffmpeg
from engines.audio.loudness import measure
from engines.ffmpeg_arguments import safe_input
from models.audio import Loudness, LoudnessTarget
from models.export import AudioFormat

_ENCODERS = {
    AudioFormat.MP3: ("-c:a", "libmp3lame", "-b:a", "256k", "-f", "mp3"),
    AudioFormat.OPUS: ("-c:a", "libopus", "-b:a", "160k", "-f", "opus"),
}
_SPARE_DB = 0.1
_MOST_PASSES = 3
_TIMEOUT_S = 600.0


def export_audio(master: Path, *, wanted: AudioFormat, target: LoudnessTarget, title: str, output: Path) -> Loudness:
    """Encode the lossless `master` to `output` and return what a meter shows of the file.

    For AAC, `master` is AAC in .m4a itself, and stays as it sounds. Another codec's peaks stand above those that went
    into it: where they pass the target's highest, it is encoded again by as much quieter. The same input gives the
    same bytes. Raises FfmpegFailed, FfmpegTimeout, DiskFull.
    """
    tags = ("-map", "0:a", "-map_metadata", "-1", "-metadata", f"title={title}", "-fflags", "+bitexact")
    if wanted is AudioFormat.AAC:
        copy = ("-y", *safe_input(master, demuxer="mov"), *tags, "-c", "copy", "-f", "ipod", f"file:{output}")
        ffmpeg.run(copy, timeout_s=_TIMEOUT_S)
        return measure(output)
    gain_db = 0.0
    for _ in range(_MOST_PASSES):
        arguments = (
            *("-y", *safe_input(master, demuxer="flac"), *tags, "-af", f"volume={gain_db:.2f}dB"),
            *("-flags:a", "+bitexact", *_ENCODERS[wanted], f"file:{output}"),
        )
        ffmpeg.run(arguments, timeout_s=_TIMEOUT_S)
        loudness = measure(output)
        over_db = (loudness.true_peak_dbtp or target.true_peak_dbtp) - target.true_peak_dbtp
        if over_db <= 0:
            break
        gain_db -= over_db + _SPARE_DB
    return loudness
