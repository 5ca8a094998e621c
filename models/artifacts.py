"""References to stored bytes: what tasks hand each other instead of arrays or open files."""

from pydantic import Field

from models.base import Model


class ArtifactRef(Model):
    """A blob in the artifact store, named by the hash of its content."""

    uri: str = Field(title="Address", description="fsspec URL or path of the blob in the store")
    sha256: str = Field(title="SHA-256", description="Hash of the content", pattern=r"^[0-9a-f]{64}$")
    size: int = Field(title="Size", description="Size in bytes", ge=0)
    media_type: str = Field(title="Media type", description="IANA media type of the content")
