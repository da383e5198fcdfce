"""Failures of an object store as sentences that say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from services.errors import AppError, NotFound, StorageFailed
from services.storage.blobs import GONE

STATUS = re.compile(r"status code: (\d{3})")  # the library tells it in its words only
INSTANCE_METADATA = "/latest/api/token"  # where a machine at Amazon is asked for its role, for want of a key
REFUSED = (
    "The object store refused access to the bucket {bucket}. "
    "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what that key is allowed."
)
NO_BUCKET = "The object store has no bucket {bucket}. Make it, or correct TANDEM_BLOB_URL."
UNREACHABLE = "The object store cannot be reached. Check that it runs and that AWS_ENDPOINT_URL is right, then try again."
ANSWERED = "The object store answered {status}. Check AWS_ENDPOINT_URL and AWS_REGION, then try again."
NO_KEY = "The object store was given no key. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."


@contextmanager
def object_store_failures(bucket: str) -> Iterator[None]:
    """Turn what the library raises into NotFound and StorageFailed."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (FileNotFoundError, BaseError) as error:
        raise _sentence(error, bucket) from error


def _sentence(error: Exception, bucket: str) -> AppError:
    said = str(error)
    found = STATUS.search(said)
    status = found.group(1) if found else None
    if "NoSuchBucket" in said:
        return StorageFailed(NO_BUCKET.format(bucket=bucket), code="no_bucket")
    if isinstance(error, FileNotFoundError):
        return NotFound(GONE)
    if INSTANCE_METADATA in said:
        return StorageFailed(NO_KEY, code="refused")
    if status in ("401", "403"):
        return StorageFailed(REFUSED.format(bucket=bucket), code="refused")
    if status:
        return StorageFailed(ANSWERED.format(status=status), code="object_store_error")
    return StorageFailed(UNREACHABLE, code="unreachable")
