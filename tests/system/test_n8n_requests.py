"""What the n8n workflows send to Prefect of what strangers sent to them."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

WORKFLOWS = Path(__file__).parents[2] / "deployments" / "n8n"
EVALUATE = """
const [expression, body] = JSON.parse(require('fs').readFileSync(0));
const $ = () => ({ first: () => ({ json: { body } }) });
const $execution = { id: 7, resumeUrl: 'http://n8n/resume' };
process.stdout.write(eval(expression));
"""


def expressions() -> dict[str, str]:
    """The expressions of all workflows that make the body of a run with a stranger's spec, by workflow."""
    found = {}
    for path in sorted(WORKFLOWS.glob("*.json")):
        for node in json.loads(path.read_text())["nodes"]:
            body = node["parameters"].get("jsonBody", "")
            if "body.spec" in body:
                found[path.stem] = body.removeprefix("={{").removesuffix("}}").strip()
    return found


def sent(workflow: str, spec: dict[str, Any]) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    asked = json.dumps([expressions()[workflow], {"spec": spec}])
    ended = subprocess.run([node, "-e", EVALUATE], input=asked, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(ended.stdout)["parameters"]["spec"]


@pytest.mark.parametrize("workflow", ["render-and-callback", "render-and-poll"])
def test_no_spec_gives_orders_to_the_prefect_server(workflow: str):
    """It would render the template, for hours if need be, and put in its variables and blocks."""
    template = {"__prefect_kind": "jinja", "template": "{{ 10 ** 100000000 }}"}
    spec = {"title": template, "music": {"$ref": {"block_document_id": "x"}}, "scenes": [{"visual": template}]}
    told = json.dumps(sent(workflow, spec))
    assert "__prefect_kind" not in told
    assert "$ref" not in told


@pytest.mark.parametrize("workflow", ["render-and-callback", "render-and-poll"])
def test_words_stay_as_they_are(workflow: str):
    spec = {"title": 'Say "__prefect_kind" and "$ref"', "scenes": [{"narration": "$ref, __prefect_kind"}]}
    assert sent(workflow, spec).items() >= spec.items()


def test_there_are_such_workflows():
    assert expressions().keys() == {"render-and-callback", "render-and-poll"}
