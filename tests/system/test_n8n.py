"""The workflows of deployments/n8n in a real n8n, against a real server and workers."""

from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterIdempotencyKey

from tests.system.installation import Installation, short_spec
from tests.system.n8n import N8n
from tests.waiting import wait_for

pytestmark = pytest.mark.heavy

SECRET = "between n8n and us"
RENDERS = ["neuroshorts/render", "neuroshorts/render-callback"]


@pytest.fixture(scope="module")
def called_back(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    made = Installation(tmp_path_factory.mktemp("for-n8n"))
    made.environment |= {"NEUROSHORTS_CALLBACK_HOSTS": '["127.0.0.1"]', "NEUROSHORTS_CALLBACK_SECRET": SECRET}
    try:
        made.up(workers=1)
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def n8n(called_back: Installation, tmp_path_factory: pytest.TempPathFactory) -> Generator[N8n]:
    home = tmp_path_factory.mktemp("n8n")
    inbox = called_back.root / "inbox"
    inbox.mkdir()
    environment = {
        "PREFECT_API_URL": called_back.api_url,
        "NEUROSHORTS_CALLBACK_SECRET": SECRET,
        "NEUROSHORTS_INBOX": str(inbox),
    }
    made = N8n(home, environment)
    try:
        made.load_workflows()
        yield made
    finally:
        made.close()


def failing_spec(title: str) -> dict[str, Any]:
    spec = short_spec(title)
    return spec | {"scenes": [*spec["scenes"], {"visual": "missing.jpg", "min_duration_ms": 500}]}


def runs_of(installation: Installation, key: str) -> int:
    with installation.client() as client:
        wanted = FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=[key]))
        return len(client.read_flow_runs(flow_run_filter=wanted))


@pytest.mark.parametrize("path", RENDERS)
def test_a_render_is_answered_with_its_share_link(n8n: N8n, called_back: Installation, path: str):
    key = f"key of {path}"
    request = {"spec": short_spec(path), "idempotency_key": key}
    answer = n8n.send(path, request)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["state"] == "completed"
    assert Path(unquote(urlparse(told["link"]).path)).stat().st_size > 1000
    if path == "neuroshorts/render":
        assert n8n.send(path, request).json() == told
    assert runs_of(called_back, key) == 1


@pytest.mark.parametrize("path", RENDERS)
def test_a_failed_render_is_answered_with_scene_step_and_reason(n8n: N8n, path: str):
    answer = n8n.send(path, {"spec": failing_spec(f"Failing {path}")})
    assert answer.status_code == 502, answer.text
    told = answer.json()
    assert told["state"] == "failed"
    (failure,) = told["failures"]
    assert (failure["scene"], failure["step"], failure["may_pass"]) == (2, "fetch_asset", False)
    assert "missing.jpg" in failure["reason"]
    assert "missing.jpg" in told["message"]


@pytest.mark.parametrize("path", RENDERS)
def test_a_spec_that_is_wrong_is_not_taken(n8n: N8n, path: str):
    answer = n8n.send(path, {"spec": {"title": "No scenes", "color": "red"}})
    assert answer.status_code == 422, answer.text
    assert answer.json()["state"] == "rejected"


def test_a_sheet_becomes_a_batch_and_its_failed_rows_are_items(n8n: N8n, called_back: Installation):
    rows = [
        {"name": name, "title": name, "quality": "draft", "scenes.0.visual": visual, "scenes.0.min_duration_ms": 500}
        for name, visual in (("good", "color:#204060"), ("bad", "missing.jpg"))
    ]
    answer = n8n.send("neuroshorts/batch", {"rows": rows, "name": "sheet"})
    assert answer.status_code == 202, answer.text
    run_id = answer.json()["run_id"]
    wait_for(lambda: called_back.state_name(run_id) in ("Completed", "Failed"), timeout_s=300, what="the batch")
    assert (called_back.output / "sheet" / "good" / "video.mp4").exists()

    def ended() -> bool:
        return n8n.executions()[0]["status"] == "success"

    wait_for(ended, timeout_s=120, what="the workflow's end")
    data = n8n.client.get(f"/rest/executions/{n8n.executions()[0]['id']}").json()["data"]["data"]
    assert "missing.jpg" in data
    assert "Rows that failed" in data
