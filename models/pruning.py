"""What pruning took away and left."""

from pydantic import Field

from models.base import Model


class PruneReport(Model):
    """One pruning of the artifact store."""

    removed_records: int = Field(title="Records removed", description="Results of steps, forgotten")
    removed_blobs: int = Field(title="Files removed")
    freed_bytes: int = Field(title="Bytes freed")
    removed_uploads: int = Field(title="Uploads removed", description="Cut off more than a day ago, never finished")
    kept_records: int = Field(title="Records kept")
    kept_bytes: int = Field(title="Bytes kept", description="Of the files that are left")
