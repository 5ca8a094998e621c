"""A real n8n of a test's own, with the workflows of this project, as its editor would load them."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.ports import take_port
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[2]
WORKFLOWS = PROJECT / "deployments" / "n8n"
FOLDER = PROJECT / ".cache" / "n8n"
PACKAGE = {
    "name": "n8n-local",
    "version": "1.0.0",
    "private": True,
    "dependencies": {"n8n": "1.123.0", "ajv": "8.17.1"},
    "overrides": {"xlsx": "0.18.5", "@langchain/langgraph-checkpoint": "1.0.0"},
}
INSTALL_TIMEOUT_S = 1200
OWNER = {"email": "owner@example.com", "firstName": "An", "lastName": "Owner", "password": "Passw0rd-of-a-test"}


def installed() -> Path:
    """Return n8n's command, installed the first time: 1.3 GB, and up to 10 minutes."""
    command = FOLDER / "node_modules" / ".bin" / "n8n"
    if not command.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "package.json").write_text(json.dumps(PACKAGE))
        words = ["npm", "install", "--legacy-peer-deps", "--no-audit", "--no-fund", "--omit=dev", "--no-package-lock"]
        subprocess.run(words, cwd=FOLDER, check=True, timeout=INSTALL_TIMEOUT_S)
    return command


class N8n:
    """n8n on a free port of the loopback interface. `environment` is what its workflows read."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.port = take_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = {
            "N8N_USER_FOLDER": str(home),
            "N8N_LISTEN_ADDRESS": "127.0.0.1",
            "N8N_PORT": str(self.port),
            "N8N_RUNNERS_BROKER_PORT": str(take_port()),
            "N8N_RUNNERS_ENABLED": "true",
            "N8N_DIAGNOSTICS_ENABLED": "false",
            "N8N_SECURE_COOKIE": "false",
            "NODE_FUNCTION_ALLOW_BUILTIN": "crypto",
            "WEBHOOK_URL": f"{self.url}/",
        }
        home.mkdir(parents=True, exist_ok=True)
        with (home / "n8n.log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(installed()), "start"],
                cwd=home,
                env={**os.environ, **settings, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.client = httpx.Client(base_url=self.url, headers={"browser-id": "test"}, timeout=300)
        wait_for(self._is_ready, timeout_s=180, what="n8n")

    def load_workflows(self) -> None:
        """Load and switch on every workflow of the project."""
        self.client.post("/rest/owner/setup", json=OWNER).raise_for_status()
        for path in sorted(WORKFLOWS.glob("*.json")):
            made = self.client.post("/rest/workflows", json=json.loads(path.read_text())).raise_for_status()
            workflow = made.json()["data"]
            switch = f"/rest/workflows/{workflow['id']}/activate"
            self.client.post(switch, json={"versionId": workflow["versionId"]}).raise_for_status()

    def send(self, path: str, content: dict[str, Any]) -> httpx.Response:
        """POST to a workflow and return its answer."""
        return self.client.post(f"/webhook/{path}", json=content)

    def executions(self) -> list[dict[str, Any]]:
        return list(self.client.get("/rest/executions").raise_for_status().json()["data"]["results"])

    def close(self) -> None:
        """End it, and the runner that it started."""
        self.client.close()
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, "n8n has ended"
        try:
            return all(self.client.get(path).is_success for path in ("/healthz/readiness", "/rest/settings"))
        except httpx.TransportError:
            return False
