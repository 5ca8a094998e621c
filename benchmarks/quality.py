"""Measure how near `standard` comes to a lossless render of the same spec: VMAF of every frame.

    python -m benchmarks.quality [--works photos,footage,mixed] [--scenes 3] [--codecs h264,hevc,av1,vp9]

Prints a table and ends with 1 where a codec misses the targets: 93 on average, 85 in the worst second.
"""

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.bench import CACHE, Bench
from benchmarks.works import WORKS, WorkName, make_media, work_spec
from blocks.local_server import client_environment, ensure_server, stop_server
from engines import ffmpeg

MEAN, WORST_SECOND = 93.0, 85.0
FPS = 30
FORMATS = {"h264": "mp4_h264", "hevc": "mp4_hevc", "av1": "mp4_av1", "vp9": "webm_vp9"}
TIMEOUT_S = 3600


class Score(NamedTuple):
    """VMAF of one video."""

    work: str
    codec: str
    mean: float
    worst_second: float
    kbps: float

    @property
    def is_good(self) -> bool:
        """Whether it reaches the targets."""
        return self.mean >= MEAN and self.worst_second >= WORST_SECOND


def main() -> None:
    """Measure as the arguments say."""
    options = _options()
    make_media(CACHE)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        home = Path(folder, "prefect")
        try:
            environment = {**os.environ, **client_environment(ensure_server(home=home), home=home)}
            bench = Bench(Path(folder), environment)
            scores = [score for work in options.works for score in _measure(bench, work, options)]
        finally:
            stop_server(home=home)
    Console().print(_table(scores))
    if not all(score.is_good for score in scores):
        raise SystemExit(1)


def _measure(bench: Bench, work: WorkName, options: argparse.Namespace) -> list[Score]:
    spec = work_spec(work, CACHE, scenes=options.scenes)
    also = [FORMATS[codec] for codec in options.codecs if codec != "h264"]
    made = bench.render({**spec, "export": {"also": also}}, store=work).video
    lossless = {**spec, "title": f"{spec['title']} lossless", "quality": "lossless"}
    reference = bench.render(lossless, store=work).video
    files = {codec: made.with_name(_name(codec)) for codec in options.codecs}
    return [_score(work, codec, path, reference) for codec, path in files.items()]


def _name(codec: str) -> str:
    return "video.mp4" if codec == "h264" else f"video-{codec}.{FORMATS[codec].partition('_')[0]}"


def _score(work: WorkName, codec: str, path: Path, reference: Path) -> Score:
    log = path.with_suffix(".json")
    clock = f"settb=1/{FPS},setpts=N"  # frame by frame, whatever the containers say of times
    compare = f"[0:v]{clock}[made];[1:v]{clock}[wanted];[made][wanted]libvmaf=log_fmt=json:log_path={log}:n_threads=4"
    ffmpeg.run(["-i", str(path), "-i", str(reference), "-lavfi", compare, "-f", "null", "-"], timeout_s=TIMEOUT_S)
    frames: list[Mapping[str, Any]] = json.loads(log.read_text())["frames"]
    values = [frame["metrics"]["vmaf"] for frame in frames]
    seconds = [statistics.mean(values[start : start + FPS]) for start in range(0, len(values), FPS)]
    kbps = path.stat().st_size * 8 / 1000 / (len(values) / FPS)
    return Score(work, codec, statistics.mean(values), min(seconds), kbps)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=lambda text: text.split(","), default=list(WORKS))
    parser.add_argument("--scenes", type=int, default=3)
    parser.add_argument("--codecs", type=lambda text: text.split(","), default=list(FORMATS))
    return parser.parse_args()


def _table(scores: list[Score]) -> Table:
    table = Table("work", "codec", "VMAF mean", "worst second", "kbit/s with sound")
    for score in scores:
        color = "green" if score.is_good else "red"
        figures = (f"[{color}]{score.mean:.1f}[/]", f"[{color}]{score.worst_second:.1f}[/]", f"{score.kbps:.0f}")
        table.add_row(score.work, score.codec, *figures)
    return table


if __name__ == "__main__":
    main()
