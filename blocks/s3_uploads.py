"""What publishing to S3 needs beyond any file system: labels, uploads in parts, and which faults last."""

from collections.abc import Iterable, Set
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from blocks import s3_objects
from blocks.labels import metadata
from models.destination import Labels

PART_BYTES = 8 << 20  # files of twice that go up in parts
PARTS_AT_ONCE = 4
_LASTING = frozenset(
    {
        *("NoSuchBucket", "InvalidBucketName", "AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId"),
        *("KeyTooLongError", "EntityTooLarge", "MetadataTooLarge", "InvalidArgument", "SignatureDoesNotMatch"),
    }
)


def upload(fs: Any, source: Path, key: str, labels: Labels) -> None:
    """Upload a file; of a large one, which goes up in parts, none stays behind. Raises what the client raises."""
    told = {"ContentType": labels.media_type, "CacheControl": labels.cache_control, "Metadata": metadata(labels)}
    try:
        put_in_parts(fs, source, key, **told)
    except BaseException:
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # at hand since the upload

        with suppress(OSError, BotoCoreError):  # the first fault counts
            abort_unfinished(fs, key.rpartition("/")[0], {key})
        raise
    if source.stat().st_size >= 2 * PART_BYTES:  # an upload that was begun, but whose name was lost with its answer
        abort_unfinished(fs, key.rpartition("/")[0], {key})


def put_in_parts(fs: Any, source: Path, key: str, **told: Any) -> None:
    """Put a file, a large one in parts, some of them at once. Raises what the client raises."""
    fs.put_file(str(source), key, chunksize=PART_BYTES, max_concurrency=PARTS_AT_ONCE, **told)


def write(fs: Any, content: bytes, key: str, media_type: str) -> None:
    """Put or replace a small file that is always asked for anew."""
    fs.pipe_file(key, content, ContentType=media_type, CacheControl="no-cache")


def is_there(fs: Any, key: str, labels: Labels, *, size: int) -> bool:
    """Return whether the object is there with this content, type and caching: it was verified when it was uploaded."""
    head = s3_objects.head(fs, key)
    if head is None:
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
    bucket = fs.split_path(folder)[0]
    _abort(fs, bucket, [each for each in _unfinished(fs, folder) if f"{bucket}/{each['Key']}" in keys])


def abort_older(fs: Any, folder: str, *, older_than_s: float, dry_run: bool = False) -> int:
    """Abort all uploads in parts below a folder that were begun so long ago, and return their number."""
    limit = datetime.now(UTC) - timedelta(seconds=older_than_s)
    old = [each for each in _unfinished(fs, folder) if each["Initiated"] < limit]
    if not dry_run:
        _abort(fs, fs.split_path(folder)[0], old)
    return len(old)


def _unfinished(fs: Any, folder: str) -> list[dict[str, Any]]:
    """Return the uploads in parts below a folder that have neither ended nor been aborted."""
    bucket, prefix, _ = fs.split_path(f"{folder}/")
    asked, found = {"Bucket": bucket, "Prefix": prefix}, []
    try:
        while True:
            page = fs.call_s3("list_multipart_uploads", **asked)
            found += page.get("Uploads", [])
            if not page.get("IsTruncated"):
                return found
            asked |= {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    except PermissionError:  # who may not list uploads has the bucket's own rule for them
        return []


def _abort(fs: Any, bucket: str, uploads: Iterable[dict[str, Any]]) -> None:
    for each in uploads:
        with suppress(FileNotFoundError):  # it ended meanwhile
            fs.call_s3("abort_multipart_upload", Bucket=bucket, Key=each["Key"], UploadId=each["UploadId"])


def is_lasting(error: BaseException) -> bool:
    """Return whether the same request would be refused again."""
    return _response(error).get("Error", {}).get("Code") in _LASTING


def is_aborted(error: BaseException) -> bool:
    """Return whether an upload in parts was ended by another, so that it has to begin anew."""
    return bool(_response(error).get("Error", {}).get("Code") == "NoSuchUpload")


def retry_after(error: BaseException) -> dict[str, float]:
    """Return how long S3 asks to be left alone, as an error of ours tells it."""
    told = _response(error).get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", "")
    return {"retry_after_s": float(told)} if told.isdecimal() else {}


def _response(error: BaseException) -> dict[str, Any]:
    """Return the answer that an error of the S3 client, or one made of it, carries."""
    origin = error if hasattr(error, "response") else error.__cause__
    return getattr(origin, "response", None) or {}
