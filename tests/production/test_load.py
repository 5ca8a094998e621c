"""A hundred clients start and watch renders at the same time, on Postgres: none is lost, none is made twice."""

import base64
import csv
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.production.databases import missing_programs
from tests.production.topology import Topology

CLIENTS, RUNS_PER_CLIENT = 100, 2
CLIENTS_PER_S = 10
WORKERS = 6
TIMEOUT_S = 1200
MOST_FAULTS = 0.01  # of all requests
PERCENTILES = ("50%", "95%", "99%", "100%")

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Generator[Topology]:
    """The production system with a few workers."""
    if missing := missing_programs():
        pytest.skip(f"not installed: {', '.join(missing)}")
    topology = Topology(tmp_path_factory.mktemp("production"))
    try:
        topology.up(workers=WORKERS)
        yield topology
    finally:
        topology.down()


def attack(system: Topology, folder: Path) -> list[dict[str, Any]]:
    """Let the clients come and do what they do; return what each saw of each of its runs."""
    command = [sys.executable, "-m", "locust", "--locustfile", str(Path(__file__).with_name("load_clients.py"))]
    options = ["--headless", "--only-summary", "--host", system.api_url.removesuffix("/api")]
    options += ["--users", str(CLIENTS), "--spawn-rate", str(CLIENTS_PER_S), "--run-time", f"{TIMEOUT_S}s"]
    ended = subprocess.run(
        [*command, *options, "--csv", str(folder / "load")],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")},
            "LOAD_CLIENTS": str(CLIENTS),
            "LOAD_RUNS_PER_CLIENT": str(RUNS_PER_CLIENT),
            "LOAD_SEEN": str(folder / "seen.jsonl"),
            "LOAD_AUTHORIZATION": "Basic " + base64.b64encode(system.auth.encode()).decode(),
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S + 60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    return [json.loads(line) for line in (folder / "seen.jsonl").read_text().splitlines()]


def measured(folder: Path) -> dict[str, dict[str, str]]:
    """Locust's figures by request."""
    with (folder / "load_stats.csv").open(newline="") as file:
        return {row["Name"]: row for row in csv.DictReader(file)}


def test_no_run_is_lost_or_doubled(system: Topology, tmp_path: Path):
    started = time.monotonic()
    seen = attack(system, tmp_path)
    figures = measured(tmp_path)
    print(table(figures, seconds=time.monotonic() - started))  # noqa: T201

    keys = {f"load:{client}:{run}" for client in range(1, CLIENTS + 1) for run in range(1, RUNS_PER_CLIENT + 1)}
    assert Counter(run["key"] for run in seen) == dict.fromkeys(keys, 1)
    assert {run["state"] for run in seen} == {"COMPLETED"}
    assert all(len(run["run_ids"]) == 1 for run in seen)  # however often it was asked for
    assert len({run["run_ids"][0] for run in seen}) == len(keys)

    query = "select {} from flow_run where idempotency_key like 'load:%'"
    assert int(system.postgres.query(query.format("count(*)"))) == len(keys)
    assert int(system.postgres.query(query.format("count(distinct idempotency_key)"))) == len(keys)
    assert int(system.postgres.query(query.format("count(*) filter (where state_type = 'COMPLETED')"))) == len(keys)
    assert int(system.postgres.query(query.format("max(run_count)"))) == 1
    assert len(list((system.data / "output").glob("load-*/video.mp4"))) == len(keys)
    # Clients ask again when the server does not answer, which the table shows; that must stay an exception.
    assert int(figures["from the first request to the seen end"]["Failure Count"]) == 0
    assert int(figures["Aggregated"]["Failure Count"]) <= MOST_FAULTS * int(figures["Aggregated"]["Request Count"])


def table(figures: dict[str, dict[str, str]], *, seconds: float) -> str:
    """What was measured, for people."""
    lines = [f"{CLIENTS} clients, {CLIENTS * RUNS_PER_CLIENT} runs on {WORKERS} workers in {seconds:.0f} s", ""]
    lines += ["| request | number | failed | p50 ms | p95 ms | p99 ms | slowest ms |", "|---|---|---|---|---|---|---|"]
    for name, row in figures.items():
        cells = (name, row["Request Count"], row["Failure Count"], *(row[percentile] for percentile in PERCENTILES))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
