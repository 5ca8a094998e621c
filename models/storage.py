"""Where files may be kept."""

from enum import StrEnum


class StorageKind(StrEnum):
    """A kind of storage that an object store block can name."""

    LOCAL = "local"
    S3 = "s3"
    GCS = "gcs"
    GDRIVE = "gdrive"
    WEBDAV = "webdav"
    SFTP = "sftp"
