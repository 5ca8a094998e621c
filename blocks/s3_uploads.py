"""What publishing to S3 needs beyond any file system: labels, uploads in parts, and which faults last."""

from collections.abc import Set
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

from models.destination import Labels

PART_BYTES = 8 << 20  # files of twice that go up in parts
PARTS_AT_ONCE = 4
_LASTING = frozenset(
    {
        *("NoSuchBucket", "InvalidBucketName", "AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId"),
        *("KeyTooLongError", "EntityTooLarge", "MetadataTooLarge", "InvalidArgument", "SignatureDoesNotMatch"),
    }
)
_SAFE = " !$&'()*+,/:;=?@-._~"


def upload(fs: Any, source: Path, key: str, labels: Labels) -> None:
    """Upload a file, a large one in parts, of which none stays behind. Raises what the client raises."""
    in_parts = source.stat().st_size >= 2 * PART_BYTES
    try:
        fs.put_file(
            str(source),
            key,
            chunksize=PART_BYTES,
            max_concurrency=PARTS_AT_ONCE,
            ContentType=labels.media_type,
            CacheControl=labels.cache_control,
            Metadata=metadata(labels),
        )
    except BaseException:
        with suppress(
            OSError, BotoCoreError
        ):  # the first fault counts; what it leaves is removed before the next upload, too
            abort_unfinished(fs, key.rpartition("/")[0], {key})
        raise
    if in_parts:  # an upload that was begun, but whose name was lost with a cut-off answer
        abort_unfinished(fs, key.rpartition("/")[0], {key})


def is_there(fs: Any, key: str, labels: Labels, *, size: int) -> bool:
    """Return whether the object is there with this content, type and caching: it was verified when it was uploaded."""
    bucket, name, _ = fs.split_path(key)
    try:
        head: dict[str, Any] = fs.call_s3("head_object", Bucket=bucket, Key=name)
    except FileNotFoundError:
        return False
    kept, wanted = head.get("Metadata", {}), metadata(labels)
    found = (
        head["ContentLength"],
        kept.get("sha256"),
        kept.get("title"),
        head.get("ContentType"),
        head.get("CacheControl"),
    )
    return found == (size, labels.sha256, wanted["title"], labels.media_type, labels.cache_control)


def abort_unfinished(fs: Any, folder: str, keys: Set[str]) -> None:
    """Abort uploads in parts of these keys that never ended, as of a process that was killed."""
    bucket, prefix, _ = fs.split_path(f"{folder}/")
    with suppress(PermissionError):  # who may not list uploads has the bucket's own rule for them
        found = fs.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=prefix).get("Uploads", [])
        for each in found:
            if f"{bucket}/{each['Key']}" in keys:
                with suppress(FileNotFoundError):  # it ended meanwhile
                    fs.call_s3("abort_multipart_upload", Bucket=bucket, Key=each["Key"], UploadId=each["UploadId"])


def metadata(labels: Labels) -> dict[str, str]:
    """Return the labels as S3 keeps them: ASCII, the title percent-encoded where it is not."""
    return {"title": quote(labels.title, safe=_SAFE), "run": labels.run, "sha256": labels.sha256}


def is_lasting(error: BaseException) -> bool:
    """Return whether the same request would be refused again."""
    return _response(error).get("Error", {}).get("Code") in _LASTING


def retry_after(error: BaseException) -> dict[str, float]:
    """Return how long S3 asks to be left alone, as an error of ours tells it."""
    told = _response(error).get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", "")
    return {"retry_after_s": float(told)} if told.isdecimal() else {}


def _response(error: BaseException) -> dict[str, Any]:
    """Return the answer that an error of the S3 client, or one made of it, carries."""
    origin = error if hasattr(error, "response") else error.__cause__
    return getattr(origin, "response", None) or {}
