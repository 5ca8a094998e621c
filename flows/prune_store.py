"""Prune the artifact store: free what no render of the last weeks has used."""

from typing import Annotated

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import Field

from models.pruning import PruneReport
from tasks.prune import prune_blobs


@flow(name="prune-store")
def prune_store(
    max_age_days: Annotated[int, Field(ge=1, le=3650)] = 30,
    max_size_gib: Annotated[float | None, Field(gt=0)] = None,
    dry_run: bool = False,
) -> PruneReport:
    """Remove results of steps that no render has used for long, and the files that nothing refers to any more.

    Args:
        max_age_days: Days to keep a result, counted from the last render that used it
        max_size_gib: Size to keep; above it, the longest unused go first. None for any
        dry_run: Only report what would be removed
    """
    report = prune_blobs(max_age_days=max_age_days, max_size_gib=max_size_gib, dry_run=dry_run)
    create_markdown_artifact(_markdown(report, dry_run), key="prune-report", description="Artifact store")
    return report


def _markdown(report: PruneReport, dry_run: bool) -> str:
    return "\n".join(
        [
            "# Nothing was removed: this was a dry run" if dry_run else "# Pruned the artifact store",
            f"- Results: {report.removed_records} removed, {report.kept_records} kept",
            f"- Files: {report.removed_blobs} removed, {report.freed_bytes / 1e6:.1f} MB freed, "
            f"{report.kept_bytes / 1e6:.1f} MB kept",
            f"- Uploads that were cut off: {report.removed_uploads} removed",
        ]
    )
