"""A real S3 server over HTTP (moto's), and a proxy before it that does to answers what networks and servers do."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from tests.fault_proxy import FaultProxy

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


class Bucket:
    """A bucket of a test's own, as another program sees it that talks to the server itself."""

    def __init__(self) -> None:
        self.endpoint, self.bucket = f"http://127.0.0.1:{server_port()}", f"test-{uuid4().hex[:12]}"
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        self.client = boto3.client("s3", endpoint_url=self.endpoint, **keys)
        self.client.create_bucket(Bucket=self.bucket)

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def head(self, key: str) -> dict[str, Any]:
        return self.client.head_object(Bucket=self.bucket, Key=key)

    def names(self) -> list[str]:
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])]

    def unfinished(self) -> list[str]:
        """The keys of uploads in parts that have neither ended nor been aborted."""
        return [each["Key"] for each in self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])]


class S3(Bucket):
    """The same for programs that reach the server through a proxy. What the test itself does there passes it by."""

    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__()
        self.proxy, self.url = proxy, f"s3://{self.bucket}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes any program use this server."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.proxy.url}


@contextmanager
def running_s3() -> Generator[S3]:
    """Let this process's S3 clients use a server behind a proxy, which are its own while the block runs."""
    proxy = FaultProxy("127.0.0.1", server_port())
    s3 = S3(proxy)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3.environment.items():
            patch.setenv(name, value)
        S3FileSystem.clear_instance_cache()
        yield s3
    S3FileSystem.clear_instance_cache()
    proxy.close()


@cache
def server_port() -> int:
    """Start the server, which lives as long as the tests, and return its port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return int(server.get_host_and_port()[1])
