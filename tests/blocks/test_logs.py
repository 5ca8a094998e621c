"""The installation's log: one file for many processes, each line placed; errors to Sentry."""

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName

from blocks.logs import CONFIGURATION

FLOW = """
import logging
from prefect import flow, task
from prefect.logging import get_run_logger
from engines.errors import SourceNotFound

@task(task_run_name="burn_subtitles: scene {number} of 2")
def burn_subtitles(number):
    logging.getLogger("engines.visuals.segment").info("encoded %d", number)
    if number == 2:
        raise ZeroDivisionError("a bug")
    raise SourceNotFound(source="moon.jpg")

@flow(name="logged", flow_run_name="Moon")
def logged():
    get_run_logger().info("begun")
    return [burn_subtitles(number, return_state=True) for number in (1, 2)]

logged(return_state=True)
"""
WRITER = """
import logging, sys
from blocks.logs import AppLog
logger = logging.getLogger("writer")
logger.addHandler(AppLog())
logger.setLevel("INFO")
for number in range(300):
    logger.info("%s %d %s", sys.argv[1], number, "x" * 200)
"""


def run(code: str, *words: str, **environment: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def named(name: str) -> FlowRunFilter:
    return FlowRunFilter(name=FlowRunFilterName(any_=[name]))


def configured(folder: Path, **settings: str) -> dict[str, str]:
    return {
        "PREFECT_LOGGING_SETTINGS_PATH": str(CONFIGURATION),
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "NEUROSHORTS_LOG_DIR": str(folder),
        **settings,
    }


def _unbrotli(body: bytes) -> bytes:
    """Unpack what Sentry's client packs where the library happens to be installed."""
    return import_module("brotli").decompress(body)


class Sentry:
    """Receives envelopes as Sentry's server does."""

    def __init__(self) -> None:
        self.events: list[dict] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                unpack = {"gzip": gzip.decompress, "br": _unbrotli}.get(self.headers.get("Content-Encoding", ""))
                body = unpack(body) if unpack else body
                items = [json.loads(line) for line in body.splitlines() if line.startswith(b"{")]
                outer.events += [item for item in items if "exception" in item]
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.dsn = f"http://key@127.0.0.1:{self.server.server_port}/1"


def test_each_line_tells_its_run_its_step_and_its_scene_and_bugs_go_to_sentry(prefect_server: str, tmp_path: Path):
    sentry = Sentry()
    run(FLOW, **configured(tmp_path, NEUROSHORTS_LOG_JSON="true", NEUROSHORTS_SENTRY_DSN=sentry.dsn))
    sentry.server.shutdown()
    sentry.server.server_close()
    lines = [json.loads(line) for line in (tmp_path / "app.log").read_text().splitlines()]
    begun = next(line for line in lines if line["message"] == "begun")
    assert begun["flow_run_name"] == "Moon"
    assert begun["flow_run_id"]
    encoded = {line["scene"]: line for line in lines if line["logger"] == "engines.visuals.segment"}
    assert encoded.keys() == {1, 2}
    assert encoded[2]["task_run_name"] == "burn_subtitles: scene 2 of 2"
    assert encoded[2]["flow_run_id"] == begun["flow_run_id"]
    assert any("ZeroDivisionError" in line.get("error", "") for line in lines)
    (event,) = sentry.events
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert event["tags"]["scene"] in ("2", 2)
    assert event["tags"]["flow_run_id"] == begun["flow_run_id"]


def test_the_steps_of_prefects_pages_have_the_lines_of_the_engines(prefect_server: str, tmp_path: Path):
    run(FLOW.replace("Moon", "In the UI"), **configured(tmp_path))
    with get_client(sync_client=True) as client:
        (run_id,) = [each.id for each in client.read_flow_runs(flow_run_filter=named("In the UI"))]
        asked = {"logs": {"flow_run_id": {"any_": [str(run_id)]}}}
        logs = client._client.post("/logs/filter", json=asked).json()
    (line,) = [log for log in logs if log["message"] == "encoded 2"]
    assert line["name"] == "engines.visuals.segment"
    assert line["task_run_id"]
    text = (tmp_path / "app.log").read_text()
    assert 'step="burn_subtitles: scene 2 of 2" scene=2 | encoded 2' in text


def test_many_processes_lose_no_line(tmp_path: Path):
    environment = {**os.environ, "NEUROSHORTS_LOG_DIR": str(tmp_path)}
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(number)], env=environment) for number in range(4)]
    assert [writer.wait(timeout=300) for writer in writers] == [0] * 4
    lines = (tmp_path / "app.log").read_text().splitlines()
    assert len(lines) == 4 * 300
    assert all(line.endswith("x" * 200) for line in lines)


def test_ffmpegs_last_lines_are_logged(tmp_path: Path, caplog):
    import pytest

    from engines import ffmpeg
    from engines.errors import FfmpegFailed

    with caplog.at_level(logging.WARNING, logger="engines.ffmpeg"), pytest.raises(FfmpegFailed):
        ffmpeg.run(["-i", str(tmp_path / "missing.mp4"), "-f", "null", "-"], timeout_s=120)
    assert "missing.mp4" in caplog.text
