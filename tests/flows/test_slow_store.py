"""What a render asks of a store that is far away: each request costs it a journey there and back."""

from typing import Any

import pytest

from tests.flows.studio import Studio, worked


@pytest.fixture
def studio(studio: Studio, s3: Any) -> Studio:
    """An installation whose artifacts and results are on S3."""
    studio.store = f"{s3.url}/store"  # type: ignore[assignment]
    studio.output = f"{s3.url}/out"  # type: ignore[assignment]
    return studio


def test_a_step_costs_few_requests_and_an_unchanged_one_fewer(studio: Studio, s3: Any, picture_bytes: bytes):
    for name in ("a", "b"):
        s3.put(f"in/{name}.png", picture_bytes + name.encode())
    scenes = [{"visual": f"{s3.url}/in/{name}.png", "min_duration_ms": 400} for name in ("a", "b")]
    spec = {"title": "Far away", "canvas": {"preset": "square"}, "quality": "draft", "scenes": scenes}

    first = studio.render(spec)
    steps, blobs = len(first.steps), sum("/blobs/" in key for key in s3.names())
    asked = s3.proxy.count
    assert asked("HEAD", "/results/") == 0
    assert asked("GET", "/results/") <= steps + 6  # is it done; and of sources and services, what is known
    assert blobs <= asked("PUT", "/blobs/") <= blobs + 2  # two steps may make the same
    assert asked("HEAD", "/blobs/") < blobs  # of small ones nobody asks whether they are there
    assert asked("GET", "list-type") <= 3  # what lies at the destination, before all and in the end; cut off uploads

    s3.proxy.requests.clear()
    again = studio.render(spec)
    assert worked(again) == set()
    assert asked("HEAD", "/results/") == asked("GET", "list-type") == 0
    assert asked("PUT") == 1  # the report
    assert asked("GET", "/results/") <= steps + 3
    assert asked("HEAD", "/blobs/") <= blobs + 2
    assert len(s3.proxy.requests) <= 2 * steps + blobs
