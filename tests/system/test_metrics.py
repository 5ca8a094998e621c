"""The exporter on a real server, and that rules and dashboard ask for what it has."""

import json
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Generator, Iterator
from pathlib import Path

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from blocks.circuits import change_circuits
from blocks.heartbeat import no_heartbeat
from blocks.store import open_store
from engines.circuit import Circuit
from engines.errors import RenderFailed
from flows.render_batch import render_batch
from models.batch import RunsWhere
from tests.flows.studio import Studio
from tests.ports import take_port
from tests.system.installation import short_spec
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[2]
OBSERVE = PROJECT / "deployments" / "observe"
SERVICE = 'download "odd\\name".example:443'


class Exporter:
    """`neuroshorts metrics` in a process of its own."""

    def __init__(self) -> None:
        self.port = take_port()
        words = [sys.executable, "-m", "cli", "metrics", "--port", str(self.port)]
        self.process = subprocess.Popen(words, cwd=PROJECT)
        wait_for(self._listens, timeout_s=120, what="the exporter")

    def scrape(self) -> dict[str, dict[tuple[str, ...], float]]:
        """Return the value of every sample by name and label values."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=300) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            found: dict[str, dict[tuple[str, ...], float]] = {}
            for sample in (sample for family in families for sample in family.samples):
                found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
            return found

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=300)

    def _listens(self) -> bool:
        assert self.process.poll() is None
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def studio(prefect_server: str, tmp_path: Path) -> Studio:
    """An empty installation."""
    return Studio(tmp_path / "studio")


@pytest.fixture
def exporter(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Generator[Exporter]:
    for name, value in studio.environment.items():
        monkeypatch.setenv(name, value)
    made = Exporter()
    yield made
    made.close()


def expressions() -> Iterator[str]:
    for path in OBSERVE.rglob("rules/*.yml"):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from (rule["expr"] for rule in group["rules"])
    for path in OBSERVE.rglob("dashboards/*.json"):
        for panel in json.loads(path.read_text())["panels"]:
            yield from (target["expr"] for target in panel["targets"])
    scaled = PROJECT / "deployments" / "kubernetes" / "keda" / "scaledobject.yaml"
    yield yaml.safe_load(scaled.read_text())["spec"]["triggers"][0]["metadata"]["query"]


def test_a_scrape_tells_what_ran_and_has_every_metric_that_is_asked_for(studio: Studio, exporter: Exporter):
    before = exporter.scrape()
    assert before["neuroshorts_prefect_up"][()] == 1
    with change_circuits(open_store()) as circuits:
        circuits[SERVICE] = Circuit(service=SERVICE, failures=9, cooldown_s=15, open_until_s=4e9)
    report = studio.render(short_spec("Measured"))
    studio.render(short_spec("Measured"))
    with pytest.raises(RenderFailed):
        studio.render(short_spec("Failed") | {"scenes": [{"visual": "missing.jpg", "min_duration_ms": 500}]})
    ended = "neuroshorts_runs_ended_total"
    wait_for(lambda: sum(exporter.scrape().get(ended, {}).values()) == 3, timeout_s=120, what="ended runs")
    found = exporter.scrape()
    assert found[ended] == {("render-short", "completed"): 2, ("render-short", "failed"): 1}
    assert found["neuroshorts_steps_failed_total"] == {("fetch_asset",): 1}
    assert found["neuroshorts_render_seconds_count"][()] == 2
    assert found["neuroshorts_step_seconds_count"][("burn_subtitles",)] == 1
    assert found["neuroshorts_steps_cached_total"][("burn_subtitles",)] == 1
    published = sum(file.size for file in report.publication.files)
    assert found["neuroshorts_published_bytes_total"][()] == published > 10_000  # once: the second came from the cache
    assert found["neuroshorts_circuit_state"][(SERVICE,)] == 2
    assert found["neuroshorts_store_free_bytes"][()] > 0
    again = exporter.scrape()
    assert again["neuroshorts_runs_ended_total"] == found["neuroshorts_runs_ended_total"]

    asked = {name for expression in expressions() for name in re.findall(r"neuroshorts_\w+", expression)}
    assert len(asked) > 10
    assert asked <= found.keys()


def test_the_rows_of_a_batch_are_counted_as_renders_and_never_as_steps(studio: Studio, exporter: Exporter):
    exporter.scrape()
    rows = studio.root / "rows.jsonl"
    rows.write_text("".join(json.dumps(short_spec(f"Row {number}")) + "\n" for number in range(2)))
    with no_heartbeat():
        render_batch(str(rows), destination=str(studio.output), where=RunsWhere.HERE)
    ended = "neuroshorts_runs_ended_total"
    wait_for(lambda: sum(exporter.scrape().get(ended, {}).values()) == 3, timeout_s=120, what="ended runs")
    found = exporter.scrape()
    assert found[ended] == {("render-short", "completed"): 2, ("render-batch", "completed"): 1}
    steps = {name for (name,) in found["neuroshorts_step_seconds_count"]}
    assert {"burn_subtitles", "publish"} <= steps <= set(known_steps())


def known_steps() -> Iterator[str]:
    """The names of all steps: their number is what keeps the number of time series bounded."""
    for path in (PROJECT / "tasks").glob("*.py"):
        yield from re.findall(r"^@step\b.*?^def (\w+)", path.read_text(), re.MULTILINE | re.DOTALL)


def test_every_expression_is_promql():
    found = list(expressions())
    assert len(found) > 20
    for expression in found:
        promql_parser.parse(expression)


def test_every_alert_is_explained_in_the_runbook():
    files = [yaml.safe_load(path.read_text()) for path in OBSERVE.rglob("rules/*.yml")]
    alerts = {rule["alert"] for file in files for group in file["groups"] for rule in group["rules"]}
    assert len(alerts) > 5
    runbook = (PROJECT / "docs" / "runbook.md").read_text()
    assert not [alert for alert in alerts if f"`{alert}`" not in runbook]
