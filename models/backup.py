"""What copying a store tells."""

from pydantic import Field

from models.base import Model


class CopyReport(Model):
    """What was copied from one store to another."""

    copied_records: int = Field(ge=0, description="Records of finished steps that were missing or older")
    copied_blobs: int = Field(ge=0, description="Blobs that were missing, or not what their names say")
    copied_bytes: int = Field(ge=0, description="Size of the copied blobs")
    kept_blobs: int = Field(ge=0, description="Blobs that were there already")
