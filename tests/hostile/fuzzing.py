"""Spoiled media, subtitles, fonts and specs, as they would be used: `python -m tests.hostile.fuzzing --seed 1`.

Case k of a seed is always the same; `--first k --cases 1` tries it alone. The file of the case on trial stays when the
process is ended by a crash. Memory is limited by the kernel, and every case has a time to be done in.
"""

import argparse
import faulthandler
import json
import re
import resource
import string
import sys
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import yaml

from engines import ffmpeg
from engines.audio.pcm import decode_to_wav
from engines.csv_rows import parse_csv
from engines.errors import FfmpegFailed, UserError
from engines.ffmpeg_arguments import safe_input
from engines.rows import parse_json_lines
from engines.script import scenes_of
from engines.sniff import demuxer_for, read_head
from engines.specfile import load_spec
from engines.subtitles.cue_files import read_cues
from engines.subtitles.faces import load_faces
from engines.subtitles.fonts import find_fonts
from engines.visuals.footage_filters import read_track
from engines.visuals.glances import ClipPart, glance_at_still, key_glances
from engines.visuals.key_frames import key_frame_times
from engines.visuals.probe import probe
from engines.visuals.stills import make_plate
from models.media import MediaInfo, MediaKind, MediaLimits
from models.picture import Fit
from tests.hostile.mutation import mutated
from tests.media import constant_rate, gradient, make_audio, make_video, quadrants, save_animation

PROJECT = Path(__file__).parents[2]
MOST_DATA_BYTES = 3 << 30
MOST_RESIDENT_BYTES = 1200 << 20
MOST_CASE_S = 60
LIMITS = MediaLimits()
SPEC = {
    "title": "A title",
    "language": "en-US",
    "voice": {"provider": "espeak", "rate": 1.1, "fallback": ["edge:en-US-AriaNeural"]},
    "music": {"track": "assets:music/ambient", "gain_db": -12},
    "captions": {"preset": "karaoke", "max_words": 4},
    "scenes": [
        {"narration": "Hello *there* [pause 400ms] again.", "visual": "https://host/a.png", "effects": ["mono"]},
        {
            "narration": "Two",
            "visual": "stock:sea",
            "transition": "fade",
            "translations": [{"language": "de", "text": "Zwei"}],
        },
    ],
    "variants": [{"shape": "wide"}],
    "destination": "s3://bucket/{date}/{slug}",
}
SUBTITLES = (
    "1\n00:00:01,000 --> 00:00:02,500\nHello <i>there</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n{\\an8}Again\n",
    "WEBVTT\n\nNOTE\n\n1\n00:01.000 --> 00:02.500 align:start\n<v Ann>Hello &amp; you\n\n00:03.000 --> 00:04.000\nTwo",
)


@cache
def media() -> tuple[tuple[str, bytes], ...]:
    """Return small sound files of every kind that is read, by name."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        for extension in ("jpg", "png", "webp", "gif", "tiff", "bmp", "jp2", "avif"):
            gradient(64, 48).save(folder / f"still.{extension}")
        gradient(64, 48).save(folder / "scans.jpg", progressive=True)
        for extension in ("gif", "webp", "png"):
            save_animation(folder / f"moving.{extension}", [gradient(20, 20), quadrants(20, 20)], [50, 50])
        for extension, codec in (
            *(("mp4", "libx264"), ("mkv", "libx264"), ("ts", "libx264"), ("flv", "libx264")),
            *(("webm", "libvpx"), ("avi", "mpeg4"), ("mpg", "mpeg2video"), ("mov", "mjpeg")),
        ):
            sound_ms = 0 if extension in ("webm", "mpg", "avi", "mov") else 300
            more = {"pix_fmt": "yuvj420p"} if codec == "mjpeg" else {}
            make_video(
                folder / f"clip.{extension}",
                pts_ms=constant_rate(10, 25),
                size=(48, 32),
                codec=codec,
                b_frames=0,
                audio_ms=sound_ms,
                **more,
            )
        for extension, codec in (
            ("mp3", "libmp3lame"),
            ("wav", "pcm_s16le"),
            ("flac", "flac"),
            ("m4a", "aac"),
            ("ogg", "libopus"),
        ):
            make_audio(folder / f"sound.{extension}", duration_ms=200, codec=codec)
        return tuple((path.name, path.read_bytes()) for path in sorted(folder.iterdir()))


def spoil_media(random: Random, folder: Path) -> None:
    """Use a spoiled file as a fetched source is used."""
    samples = [content for _, content in media()]
    name, content = random.choice(media())
    path = folder / f"upload-{name}"
    path.write_bytes(mutated(content, samples, random))
    info = probe(path, source="upload", limits=LIMITS)
    if info.kind is MediaKind.SUBTITLES:
        read_cues(path, source="upload")
    elif info.kind is MediaKind.IMAGE:
        glance_at_still(path, source="upload")
        make_plate(path, canvas_px=(108, 192), fit=Fit.COVER, room=(1.1, 1.1), source="upload", output=folder / "a.npy")
    elif info.kind is MediaKind.VIDEO and demuxer_for(read_head(path)):
        use_clip(path, info)
    if info.has_audio:
        decode_to_wav(path, folder / "a.wav", channels=1, name="upload", limit_ms=20_000)


def use_clip(path: Path, info: MediaInfo) -> None:
    """Look at a clip's frames, in this process and in ffmpeg's."""
    demuxer = demuxer_for(read_head(path)) or ""
    read_track(path, demuxer=demuxer, source="upload")
    key_glances(ClipPart(path, 0, info.duration_ms, "upload"))
    key_frame_times(path, demuxer=demuxer, start_ms=0, end_ms=min(info.duration_ms, 60_000), source="upload")
    with ffmpeg.frames_out(
        [*safe_input(path, demuxer=demuxer), "-frames:v", "12", "-f", "rawvideo", "-"], timeout_s=MOST_CASE_S
    ) as pipe:
        while pipe.read(1 << 20):
            pass


def spoil_subtitles(random: Random, folder: Path) -> None:
    """Read spoiled subtitles."""
    samples = [text.encode() for text in SUBTITLES]
    path = folder / "upload.srt"
    path.write_bytes(mutated(random.choice(samples), samples, random))
    read_cues(path, source="upload")


def spoil_font(random: Random, folder: Path) -> None:
    """Load a spoiled font, and measure text with it."""
    samples = [path.read_bytes() for path in sorted((PROJECT / "assets" / "fonts").glob("NotoSans[HT]*.ttf"))]
    (folder / "upload.ttf").write_bytes(mutated(random.choice(samples), samples, random))
    for face in load_faces([folder]):
        find_fonts(face.full_name, weight=700, fonts_dirs=[folder]).ink("Hello")


def spoil_spec(random: Random, folder: Path) -> None:
    """Read a spoiled spec, as JSON or YAML, spoiled as text or as data."""
    data = SPEC if random.random() < 0.5 else spoiled_data(SPEC, random)
    text = json.dumps(data) if random.random() < 0.5 else yaml.safe_dump(data, allow_unicode=True)
    if random.random() < 0.7:
        samples = [text.encode(), b"&a [*a,*a]", b"!!python/object/apply:os.system [id]", b"{" * 3000, b"\n\t- ? "]
        text = mutated(text.encode(), samples, random).decode(errors="replace")
    scenes_of(load_spec(text, base_dir=folder))


def spoil_rows(random: Random, folder: Path) -> None:
    """Read the spoiled rows of a batch."""
    line = json.dumps(SPEC).encode()
    table = b'title,script,voice.rate,scenes.0.visual,scenes.0.narration\n=cmd(),"x",1.0,a.png,Hi\nb,,2,c.png,\n'
    content = mutated(random.choice((table, line + b"\n" + line)), [table, line], random)
    for row in (*_rows(parse_csv, content, folder), *_rows(parse_json_lines, content, folder)):
        assert row.spec is not None or row.problems


def _rows(parse: Callable[..., list], content: bytes, folder: Path) -> list:
    try:
        return parse(content, origin="upload", base=folder)
    except UserError:
        return []


def spoiled_data(data: object, random: Random) -> object:
    """Return the data with some of its parts replaced by what nobody expects there."""
    if random.random() < 0.08:
        odd = "".join(
            random.choice(string.printable + "\u202e\u0000{}\\N😀") for _ in range(random.choice((0, 3, 40, 3000)))
        )
        return random.choice(
            (None, True, -1, 10**30, float("nan"), 1e308, [], {}, [data] * 30, {"x": data}, odd, "../" * 9 + "etc")
        )
    if isinstance(data, dict):
        return {key: spoiled_data(value, random) for key, value in data.items() if random.random() > 0.04}
    return [spoiled_data(value, random) for value in data] if isinstance(data, list) else data


KINDS = (*[spoil_media] * 12, spoil_subtitles, spoil_subtitles, spoil_font, *[spoil_spec] * 3, spoil_rows)


def resident_bytes() -> int:
    """Return the most memory that this process has had; getrusage would count that of the program which started it."""
    status = Path("/proc/self/status").read_text() if sys.platform == "linux" else ""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) << 10 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def try_case(seed: int, number: int, folder: Path) -> str:
    """Try a case and return how it went: whole, or the name of the error. Raises what should never be raised."""
    random = Random(f"{seed}/{number}")
    try:
        random.choice(KINDS)(random, folder)
    except (UserError, FfmpegFailed) as error:
        if not str(error).strip():
            raise AssertionError("an error without words") from error
        return type(error).__name__
    return "whole"


def main() -> int:
    """Try cases until the time is over; return 1 at the first that goes wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--cases", type=int, default=1 << 30)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    media()
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA_BYTES, MOST_DATA_BYTES))
    started_s, endings, slowest = time.monotonic(), dict[str, int](), (0.0, 0)
    for number in range(options.first, options.first + options.cases):
        if time.monotonic() - started_s > options.seconds:
            break
        folder = options.folder / str(number)
        folder.mkdir(parents=True)
        (options.folder / "on-trial").write_text(str(number))
        faulthandler.dump_traceback_later(MOST_CASE_S, exit=True)  # a hang is told by where it is
        case_s = time.monotonic()
        try:
            ending = try_case(options.seed, number, folder)
        except BaseException:  # noqa: BLE001  whatever it is, it is a finding
            sys.stderr.write(f"seed {options.seed} case {number}: {traceback.format_exc()}")
            return 1
        resident = resident_bytes()
        if resident > MOST_RESIDENT_BYTES:
            sys.stderr.write(f"seed {options.seed} case {number}: {resident >> 20} MiB of memory")
            return 1
        slowest = max(slowest, (time.monotonic() - case_s, number))
        endings[ending] = endings.get(ending, 0) + 1
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    faulthandler.cancel_dump_traceback_later()
    told = ", ".join(f"{count} {name}" for name, count in sorted(endings.items(), key=lambda each: -each[1]))
    sys.stdout.write(
        f"seed {options.seed}: {sum(endings.values())} cases ({told}), slowest {slowest[0]:.1f} s (case {slowest[1]}), "
        f"at most {resident_bytes() >> 20} MiB\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
