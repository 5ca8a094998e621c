"""An installation of a test's own: a store, an output folder, and renders in this process or through the command."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from blocks.heartbeat import no_heartbeat
from engines.specfile import load_spec
from models.report import RenderReport

COMMAND = (sys.executable, "-m", "cli")
PROJECT = Path(__file__).parents[2]
STAGES = ("plan_timeline", "typeset_captions", "mix_audio", "make_poster", "assemble_video", "publish")


class Studio:
    """Renders with a store and an output folder below `root`."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root, self.store, self.output = root, root / "store", root / "output"

    @property
    def environment(self) -> dict[str, str]:
        """What makes any program work in this installation."""
        return {"NEUROSHORTS_STORE": str(self.store), "NEUROSHORTS_CACHE_DIR": str(self.root / "cache")}

    def render(self, spec: Mapping[str, Any], **environment: str) -> RenderReport:
        """Render in this process."""
        from flows.render_short import render_short

        with pytest.MonkeyPatch.context() as patch, no_heartbeat():
            for name, value in {**self.environment, **environment}.items():
                patch.setenv(name, value)
            return render_short(load_spec(json.dumps(spec), base_dir=self.root), destination=str(self.output))

    def start(self, spec: Mapping[str, Any], *options: str, **environment: str) -> "subprocess.Popen[str]":
        """Start the command as a process and leave it running."""
        path = self.root / "spec.json"
        path.write_text(json.dumps(spec))
        return subprocess.Popen(
            [*COMMAND, "render", str(path), "--output", str(self.output), *options],
            cwd=PROJECT,
            env={**os.environ, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, spec: Mapping[str, Any], *options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run the command to its end."""
        process = self.start(spec, *options, **environment)
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def encoders(self) -> list[psutil.Process]:
        """Every living ffmpeg that works in this installation's store."""
        return [process for process in psutil.process_iter() if self._is_encoder(process)]

    def half_made(self) -> list[Path]:
        """What lies about of unfinished work, but for the marks of living processes."""
        folders = (self.store / "tmp").iterdir() if self.store.exists() else ()
        inside = [path for folder in folders if folder.is_dir() for path in folder.rglob("*")]
        return inside + list(self.output.rglob("*.part"))

    def blobs(self, pattern: str = "*") -> list[Path]:
        """The store's finished files."""
        return [path for path in self.store.glob(f"blobs/*/{pattern}") if path.is_file()]

    def _is_encoder(self, process: psutil.Process) -> bool:
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            words = process.cmdline()
        except psutil.Error:
            return False
        return alive and "ffmpeg" in "".join(words[:1]) and any(str(self.store) in word for word in words)


def worked(report: RenderReport) -> set[str]:
    """The names of the steps that did not come from the cache."""
    return {step.name for step in report.steps if step.state != "cached"}
