"""Time the standard works against their limit: the re-encode of the finished file with the same settings.

    python -m benchmarks.bench [--works photos,footage,mixed] [--runs 3] [--cores 4] [--minutes 1]

Render and limit alternate, so that a machine whose speed drifts drifts for both. Prints a table and writes JSON.
The Prefect server is already up; caches are cold. The flow is compared with the limit, Prefect's work in it; what the
command takes around it, interpreter and imports, has a budget of its own. The table has the whole command's ratio, too.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.works import SCENES, WORKS, WorkName, make_media, work_spec
from blocks.local_server import client_environment, ensure_server, stop_server
from engines import ffmpeg
from models.canvas import Canvas, Quality
from models.encoding import video_settings

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "bench"
SAMPLE_EVERY_S = 0.2
TARGETS = {"start_s": 5.0, "flow_ratio": 1.25, "rerun_flow_s": 2.0, "edit_ratio": 0.25, "peak_gb": 1.5}


class Rendered(NamedTuple):
    """One run of the command."""

    wall_s: float
    flow_s: float
    video: Path

    @property
    def start_s(self) -> float:
        """What is not the flow: the interpreter, the imports, the end."""
        return self.wall_s - self.flow_s


class Bench:
    """A machine, a server and a folder to measure in."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def measure(self, work: WorkName, *, runs: int, scenes: int) -> dict[str, Any]:
        """Return the figures of one work: medians of alternating renders and limits."""
        spec = work_spec(work, CACHE, scenes=scenes)
        self.render(spec, store="warm-up")  # the files into the page cache, the modules into bytecode
        changed = deepcopy(spec)
        changed["scenes"][scenes // 2]["narration"] += " Now."
        colds, limits, agains, edits = [], [], [], []
        for number in range(runs):
            store = f"{work}-{number}"
            colds.append(self.render(spec, store=store))
            limits.append(self.limit(colds[-1].video))
            agains.append(self.render(spec, store=store))
            edits.append(self.render(changed, store=store))
        pairs, changes = list(zip(colds, limits, strict=True)), zip(edits, colds, strict=True)
        return {
            "work": work,
            "start_s": statistics.median(run.start_s for run in (*colds, *agains, *edits)),
            "flow_s": statistics.median(cold.flow_s for cold in colds),
            "limit_s": statistics.median(limits),
            "flow_ratio": statistics.median(cold.flow_s / limit for cold, limit in pairs),
            "wall_ratio": statistics.median(cold.wall_s / limit for cold, limit in pairs),
            "rerun_flow_s": statistics.median(again.flow_s for again in agains),
            "edit_flow_s": statistics.median(edit.flow_s for edit in edits),
            "edit_ratio": statistics.median(edit.flow_s / cold.flow_s for edit, cold in changes),
            "peak_gb": self.peak_memory(work_spec(work, CACHE, scenes=scenes)) / 1e9,
            "runs": [{"wall_s": cold.wall_s, "flow_s": cold.flow_s, "limit_s": limit} for cold, limit in pairs],
        }

    def render(self, spec: Mapping[str, Any], *, store: str) -> Rendered:
        """Run the command on `spec` with its own artifact store and return what it took."""
        started = time.monotonic()
        process = self._start(spec, store)
        output, _ = process.communicate()
        wall_s = time.monotonic() - started
        _require_success(process)
        report = json.loads(output)
        return Rendered(wall_s, report["seconds"], Path(report["publication"]["files"][0]["uri"]))

    def limit(self, video: Path) -> float:
        """Return the seconds that ffmpeg takes to decode and encode the finished file, doing nothing else."""
        settings = video_settings(Canvas(), Quality.STANDARD)
        started = time.monotonic()
        ffmpeg.run(
            [
                *("-i", str(video), "-c:v", "libx264", "-preset", settings.preset, "-crf", str(settings.crf)),
                *("-c:a", "copy", "-y", str(self.folder / "limit.mp4")),
            ],
            timeout_s=3600,
        )
        return time.monotonic() - started

    def peak_memory(self, spec: Mapping[str, Any]) -> int:
        """Return the most bytes that a cold render and its children had at once (shared pages counted once)."""
        process = self._start(spec, f"memory-{time.monotonic_ns()}")
        peak = 0
        reader = threading.Thread(target=process.communicate)
        reader.start()
        while process.poll() is None:
            peak = max(peak, _tree_bytes(process.pid))
            time.sleep(SAMPLE_EVERY_S)
        reader.join()
        _require_success(process)
        return peak

    def _start(self, spec: Mapping[str, Any], store: str) -> subprocess.Popen[bytes]:
        spec_file = self.folder / "spec.json"
        spec_file.write_text(json.dumps(spec))
        environment = {**self.environment, "NEUROSHORTS_STORE": str(self.folder / store)}
        command = [sys.executable, "-m", "cli", "render", str(spec_file), "--output", str(self.folder), "--json"]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


def main() -> None:
    """Run the benchmark as the arguments say."""
    options = _options()
    if options.cores:
        os.sched_setaffinity(0, range(options.cores))
    make_media(CACHE)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        home = Path(folder, "prefect")
        try:
            environment = {**os.environ, **client_environment(ensure_server(home=home), home=home)}
            bench = Bench(Path(folder), environment)
            scenes = SCENES * options.minutes
            rows = [bench.measure(work, runs=options.runs, scenes=scenes) for work in options.works]
        finally:
            stop_server(home=home)
    result = {"cores": len(os.sched_getaffinity(0)), "minutes": options.minutes, "targets": TARGETS, "works": rows}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2))
    Console().print(_table(result))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=lambda text: text.split(","), default=list(WORKS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cores", type=int, default=0, help="use only this many cores")
    parser.add_argument("--minutes", type=int, default=1, help="length of each work")
    parser.add_argument("--json", type=Path, default=CACHE / "bench.json")
    return parser.parse_args()


def _require_success(process: subprocess.Popen[bytes]) -> None:
    if process.returncode != 0:
        raise SystemExit(f"the render ended with {process.returncode}")


def _tree_bytes(pid: int) -> int:
    total = 0
    for process in _tree(pid):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue  # it ended between the listing and the look
    return total


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _table(result: Mapping[str, Any]) -> Table:
    columns = tuple(column for column in result["works"][0] if column not in ("work", "runs"))
    headers = (column.replace("_s", " s").replace("_", "\n") for column in columns)
    table = Table("work", *headers, title=f"{result['minutes']} min on {result['cores']} cores")
    for row in result["works"]:
        table.add_row(row["work"], *(_cell(row[column], TARGETS.get(column)) for column in columns))
    return table


def _cell(value: float, target: float | None) -> str:
    if target is None:
        return f"{value:.2f}"
    return f"[{'green' if value <= target else 'red'}]{value:.2f}[/]"


if __name__ == "__main__":
    main()
