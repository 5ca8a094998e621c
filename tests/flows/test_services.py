"""What a render had to do with outside services is in its report."""

from tests.flows.studio import Studio


def test_the_report_counts_calls(studio: Studio, web, picture_bytes: bytes):
    web.page("/a.png", picture_bytes, headers={"ETag": '"1"'})
    scene = {"visual": f"{web.url}/a.png", "min_duration_ms": 300}
    draft = {"canvas": {"preset": "square"}, "quality": "draft"}
    report = studio.render({"title": "Fetched", "scenes": [scene], **draft}, NEUROSHORTS_ALLOW_PRIVATE_NETWORKS="true")
    (service,) = report.services
    assert service.name == f"download {web.url.removeprefix('http://')}"
    assert (service.calls, service.failures, service.circuit) == (2, 0, "closed")
