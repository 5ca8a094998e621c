"""A place to keep files, saved once with its keys as a Prefect block and named by addresses such as store://NAME/path."""

import json
from typing import Any, Self

from prefect.blocks.core import Block
from pydantic import Field, SecretStr, model_validator

from models.storage import StorageKind

# Signatures of version 4 are taken everywhere, also in links. When these tries are used up, the step is tried again.
S3_OPTIONS: dict[str, Any] = {
    "config_kwargs": {"signature_version": "s3v4", "retries": {"mode": "standard", "total_max_attempts": 3}}
}
S3_TRIES = 3  # of s3fs, around those of botocore: of throttled requests, and of answers that break off
_NEEDED = {
    StorageKind.LOCAL: ("folder",),
    StorageKind.S3: ("folder",),
    StorageKind.GCS: ("folder",),
    StorageKind.GDRIVE: ("service_account",),
    StorageKind.WEBDAV: ("endpoint_url",),
    StorageKind.SFTP: ("host",),
}


class ObjectStore(Block):
    """Local folder, S3 and what speaks it, Google Cloud Storage, Google Drive, WebDAV or SFTP."""

    _block_type_name = "NeuroShorts Object Store"
    _block_type_slug = "neuroshorts-object-store"
    _description = "Where sources, the assets library, artifacts or finished shorts lie; named by store://NAME/path"

    kind: StorageKind = Field(default=StorageKind.LOCAL, title="Kind")
    folder: str = Field(
        default="", title="Folder", description="A path; of S3 and Google Cloud Storage, bucket or bucket/prefix"
    )
    endpoint_url: str = Field(
        default="",
        title="Endpoint",
        pattern=r"^(https?://[^@\s?#]+)?$",
        description="Of an S3-compatible service or WebDAV server; empty for AWS and Google",
    )
    region: str = Field(default="", title="Region", description="Of S3")
    path_style: bool = Field(
        default=False, title="Path style", description="Name the bucket in the path, not in the host, as MinIO wants it"
    )
    profile: str = Field(default="", title="Profile", description="Of the AWS configuration files, in place of keys")
    access_key_id: SecretStr | None = Field(
        default=None, title="Access key ID", description="Of S3; empty for what the machine itself may do"
    )
    secret_access_key: SecretStr | None = Field(default=None, title="Secret access key")
    session_token: SecretStr | None = Field(default=None, title="Session token", description="Of temporary keys")
    service_account: SecretStr | None = Field(
        default=None, title="Service account", description="Key file of Google Cloud or Drive, as JSON"
    )
    drive: str = Field(default="", title="Drive", description="Name of a shared Google Drive; empty for the account's")
    drive_folder_id: str = Field(default="", title="Drive folder", description="ID of the folder that is the root")
    host: str = Field(default="", title="Host", description="Of SFTP")
    port: int = Field(default=22, ge=1, le=65535, title="Port", description="Of SFTP")
    host_key: str = Field(
        default="", title="Host key", description="Of SFTP, such as ssh-ed25519 AAAA…; empty takes the known hosts file"
    )
    username: str = Field(default="", title="User", description="Of WebDAV and SFTP")
    password: SecretStr | None = Field(default=None, title="Password", description="Of WebDAV and SFTP")
    private_key: SecretStr | None = Field(
        default=None, title="Private key", description="Of SFTP, in OpenSSH or PEM form"
    )

    prove_links: bool = Field(
        default=True,
        title="Prove links",
        description="Download each share link once and compare; off where its server cannot be reached from here",
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        missing = [name for name in _NEEDED[self.kind] if not getattr(self, name)]
        if missing:
            raise ValueError(f"an object store of kind {self.kind} needs {', '.join(missing)}")
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise ValueError("access_key_id and secret_access_key belong together")
        if self.service_account:
            _service_account(self.service_account)
        return self

    @property
    def protocol(self) -> str:
        """How fsspec calls this kind."""
        return {StorageKind.LOCAL: "file", StorageKind.GCS: "gcs"}.get(self.kind, self.kind.value)

    def options(self) -> dict[str, Any]:
        """Return what fsspec's driver of this kind is made with. It holds the secrets."""
        match self.kind:
            case StorageKind.LOCAL:
                return {}
            case StorageKind.S3:
                return self._s3_options()
            case StorageKind.GCS:
                token = _service_account(self.service_account) if self.service_account else None
                return _given(token=token, endpoint_url=self.endpoint_url)
            case StorageKind.GDRIVE:
                assert self.service_account is not None
                creds = _service_account(self.service_account)
                named = _given(drive=self.drive, root_file_id=self.drive_folder_id)
                return {"token": "service_account", "creds": creds, **named}
            case StorageKind.WEBDAV:
                auth = (self.username, _told(self.password)) if self.username else None
                return {"base_url": self.endpoint_url, "auth": auth, "timeout": 30.0}
            case StorageKind.SFTP:
                return self._sftp_options()

    def _s3_options(self) -> dict[str, Any]:
        style = {"addressing_style": "path"} if self.path_style else {}
        return _given(
            endpoint_url=self.endpoint_url,
            key=_told(self.access_key_id),
            secret=_told(self.secret_access_key),
            token=_told(self.session_token),
            profile=self.profile,
            client_kwargs=_given(region_name=self.region),
            config_kwargs={**S3_OPTIONS["config_kwargs"], **_given(s3=style)},
        )

    def _sftp_options(self) -> dict[str, Any]:
        given = _given(
            username=self.username,
            password=_told(self.password),
            private_key=_told(self.private_key),
            host_key=self.host_key,
        )
        return {"host": self.host, "port": self.port, **given}


def _given(**options: Any) -> dict[str, Any]:
    """Return what was filled in; a driver has its own defaults for the rest."""
    return {name: value for name, value in options.items() if value}


def _told(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _service_account(secret: SecretStr) -> dict[str, Any]:
    try:
        data = json.loads(secret.get_secret_value())
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise ValueError("service_account should be the JSON of a key file")
    return data
