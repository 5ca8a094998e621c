"""The installation's log: one rotated file for all its processes, each line with its run, step and scene.

`blocks/logging.yml` puts these handlers where Prefect's own are: PREFECT_LOGGING_SETTINGS_PATH names that file.
"""

import json
import logging
import re
import time
from pathlib import Path
from typing import Any

from concurrent_log_handler import ConcurrentRotatingFileHandler

from blocks.settings import get_settings

CONFIGURATION = Path(__file__).with_name("logging.yml")
FILE = "app.log"
MOST_BYTES = 10_000_000
BACKUPS = 5
_SCENE = re.compile(r"scene (\d+)")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
)  # commands to a terminal, other line ends
_PLACES = ("flow_run_id", "flow_run_name", "task_run_id", "task_run_name")


class AppLog(ConcurrentRotatingFileHandler):
    """Writes `app.log` in the settings' log folder: 10 MB, five older ones kept, any number of processes at once."""

    def __init__(self) -> None:
        settings = get_settings()
        folder = settings.log_dir.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(str(folder / FILE), maxBytes=MOST_BYTES, backupCount=BACKUPS, encoding="utf-8")
        self.setFormatter(JsonLines() if settings.log_json else TextLines())


class TextLines(logging.Formatter):
    """2026-01-31T12:00:00.123Z WARNING engines.ffmpeg run=… flow="…" step="…" scene=3 | message."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s%(place)s | %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what goes on in more lines is indented, so that none of them looks like another record."""
        place = place_of(record)
        names = {"flow_run_id": "run", "flow_run_name": "flow", "task_run_name": "step", "scene": "scene"}
        known = [f"{short}={json.dumps(place[name])}" for name, short in names.items() if name in place]
        record.place = "".join(f" {each}" for each in known)
        return _CONTROL.sub("�", super().format(record)).replace("\n", "\n    ")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, run, step and scene, and the traceback of an error."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        content: dict[str, Any] = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **place_of(record),
        }
        if record.exc_info:
            content["error"] = self.formatException(record.exc_info)
        return json.dumps(content, ensure_ascii=False, default=str)


def place_of(record: logging.LogRecord) -> dict[str, str | int]:
    """Return which run, step and scene a record is of, as far as it is of one.

    Prefect's loggers say so themselves; for all others the run that the thread works in does.
    """
    found = {name: str(value) for name in _PLACES if (value := getattr(record, name, None)) not in (None, "unknown")}
    found = {**_running(), **found}
    scene = _SCENE.search(found.get("task_run_name", ""))
    return {**found, **({"scene": int(scene[1])} if scene else {})}


def _running() -> dict[str, str]:
    from prefect.context import FlowRunContext, TaskRunContext  # not while Prefect is still setting up its logging

    flow, task = FlowRunContext.get(), TaskRunContext.get()
    run = flow.flow_run if flow else None
    step = task.task_run if task else None
    return {
        **({"flow_run_id": str(run.id), "flow_run_name": run.name} if run else {}),
        **({"task_run_id": str(step.id), "task_run_name": step.name} if step else {}),
    }
