"""What a client of the run API does, for Locust: start a render under an idempotency key, more than once, and watch it.

Run by `make load`, which brings the system up and counts afterwards. Locust patches the standard library, so nothing of
the product is imported here: the clients speak HTTP as n8n or a shell script would.
"""

import itertools
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, between, events, task
from locust.env import Environment
from locust.exception import StopUser

RUNS_PER_CLIENT = int(os.environ["LOAD_RUNS_PER_CLIENT"])
CLIENTS = int(os.environ["LOAD_CLIENTS"])
SEEN = Path(os.environ["LOAD_SEEN"])  # a line for every run that a client has seen end
AUTHORIZATION = os.environ["LOAD_AUTHORIZATION"]
POSTS_AT_ONCE, LATER_POSTS = 2, 1
WATCH_EVERY_S = (2.0, 4.0)
WATCH_FOR_S = 900
ATTEMPTS, FIRST_PAUSE_S = 6, 1.0
NO_ANSWER, TOO_MANY_REQUESTS, SERVER_ERROR = 0, 429, 500
FINAL = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
SPEC = {
    "title": "Load",
    "quality": "draft",
    "canvas": {"preset": "square"},
    "scenes": [{"visual": "color:#204060", "min_duration_ms": 500}],
}

_numbers = itertools.count(1)
_ended = itertools.count(1)


class Client(FastHttpUser):
    """Starts its runs one after the other, as one who waits for each would."""

    wait_time = between(0.1, 1.0)
    default_headers = {"Authorization": AUTHORIZATION}  # noqa: RUF012
    network_timeout = connection_timeout = 120.0

    def on_start(self) -> None:
        """Find the deployment."""
        self.number, self.run_number = next(_numbers), 0
        found = self.ask("GET", "/api/deployments/name/render-short/on-demand", name="find the deployment")
        if found is None:
            raise StopUser
        self.deployment_id = found["id"]

    @task
    def render(self) -> None:
        """Start a run, watch it to its end, and note what was seen."""
        self.run_number += 1
        key = f"load:{self.number}:{self.run_number}"
        body = {"parameters": {"spec": SPEC, "name": f"load-{self.number}-{self.run_number}"}, "idempotency_key": key}
        started = time.monotonic()
        at_once = [gevent.spawn(self.post, body, "start") for _ in range(POSTS_AT_ONCE)]
        gevent.joinall(at_once)
        run_ids = {asked.value for asked in at_once} | {self.post(body, "start again") for _ in range(LATER_POSTS)}
        state = self.watch(min(run_ids, key=str))
        seconds = time.monotonic() - started
        self.environment.events.request.fire(
            request_type="RUN",
            name="from the first request to the seen end",
            response_time=1000 * seconds,
            response_length=0,
            exception=None if state == "COMPLETED" and len(run_ids) == 1 else AssertionError(f"{state}, {run_ids}"),
        )
        seen = {"key": key, "run_ids": sorted(map(str, run_ids)), "state": state, "seconds": seconds}
        with SEEN.open("a") as file:
            file.write(json.dumps(seen) + "\n")
        if self.run_number == RUNS_PER_CLIENT:
            if next(_ended) == CLIENTS and self.environment.runner is not None:
                gevent.spawn_later(3, self.environment.runner.quit)  # once the last figures are written
            raise StopUser

    def post(self, body: dict[str, Any], name: str) -> str | None:
        """Ask for a run and return its id."""
        run = self.ask("POST", f"/api/deployments/{self.deployment_id}/create_flow_run", name=name, body=body)
        return str(run["id"]) if run else None

    def ask(self, method: str, path: str, *, name: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the answer, asking again after a fault of the server's; None if it refuses or stays away.

        All that these clients ask may be asked again: what creates a run has an idempotency key.
        """
        for attempt in range(ATTEMPTS):
            with self.client.request(method, path, json=body, name=name, catch_response=True) as answer:
                status = answer.status_code
                if answer.ok:
                    return dict(answer.json())
            if status not in (NO_ANSWER, TOO_MANY_REQUESTS) and status < SERVER_ERROR:
                return None
            gevent.sleep(FIRST_PAUSE_S * 2**attempt * random.uniform(0.5, 1.5))
        return None

    def watch(self, run_id: str | None) -> str:
        """Look at a run every few seconds and return the type of its last state."""
        deadline, state = time.monotonic() + WATCH_FOR_S, ""
        while state not in FINAL and time.monotonic() < deadline:
            gevent.sleep(random.uniform(*WATCH_EVERY_S))
            run = self.ask("GET", f"/api/flow_runs/{run_id}", name="watch")
            state = str(run["state_type"]) if run else state
        return state


@events.quitting.add_listener
def _succeed(environment: Environment, **_: object) -> None:
    environment.process_exit_code = 0  # the test that started this judges what was seen
