"""Blobs in S3-compatible storage: Amazon S3, MinIO and others that speak its protocol.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from services.errors import NotFound
from services.settings import Settings
from services.storage.blobs import KEY, name_of
from services.storage.failures import folder_failure
from services.storage.local_files import remove_left_behind, sha256_of, temporary_file
from services.storage.object_failures import object_store_failures

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

PIECE_BYTES = 8 * 2**20
UPLOADS_AT_ONCE = 4
REQUEST_TIMEOUT = timedelta(minutes=2)  # for one piece
RETRIES = 3
RETRY_TIMEOUT = timedelta(seconds=20)


def open_object_blobs(settings: Settings) -> ObjectBlobs:
    """The blobs in the bucket that TANDEM_BLOB_URL names. Nothing is asked of it yet."""
    bucket, _, prefix = (settings.blob_url or "").removeprefix("s3://").partition("/")
    return ObjectBlobs(_store(settings, bucket, prefix.strip("/")), bucket, settings.home / "incoming")


def _store(settings: Settings, bucket: str, prefix: str) -> S3Store:
    from obstore.store import S3Store

    return S3Store(
        bucket,
        prefix=prefix or None,
        config=_access(settings),
        client_options={
            "allow_http": (settings.aws_endpoint_url or "").startswith("http://"),
            "timeout": REQUEST_TIMEOUT,
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": RETRY_TIMEOUT},
    )


def _access(settings: Settings) -> S3Config:
    # What is not told here the library looks for in the environment: a session token, the role of a machine.
    # Not every server can delete in bulk, and we delete one at a time.
    access: S3Config = {"disable_bulk_delete": True}
    if settings.aws_endpoint_url:
        access["endpoint"] = settings.aws_endpoint_url
    if settings.aws_region:
        access["region"] = settings.aws_region
    if settings.aws_access_key_id and settings.aws_secret_access_key:
        access["access_key_id"] = settings.aws_access_key_id
        access["secret_access_key"] = settings.aws_secret_access_key.get_secret_value()
    return access


class ObjectBlobs:
    """The objects of a bucket below a prefix; see `Blobs` for what each method promises."""

    def __init__(self, store: S3Store, bucket: str, incoming: Path) -> None:
        self._store = store
        self._bucket = bucket
        self._incoming = incoming
        remove_left_behind(incoming)

    def put(self, data: bytes) -> str:
        key = hashlib.sha256(data).hexdigest()
        if not self._has(key, len(data)):
            with self._failures():
                self._store.put(name_of(key), data, use_multipart=False)
        return key

    def put_file(self, path: Path) -> str:
        with self._on_disk():
            size_bytes = path.stat().st_size
            with path.open("rb") as file:
                key = sha256_of(file)
        if not self._has(key, size_bytes):
            with self._failures():
                self._store.put(name_of(key), path, chunk_size=PIECE_BYTES, max_concurrency=UPLOADS_AT_ONCE)
        with self._on_disk():
            path.unlink(missing_ok=True)
        return key

    def get(self, key: str) -> bytes:
        name = name_of(key)
        with self._failures():
            return bytes(self._store.get(name).bytes())

    def stream(self, key: str, start: int = 0) -> Iterator[bytes]:
        return self._pieces(key, start, self.size_of(key))

    def size_of(self, key: str) -> int:
        name = name_of(key)
        with self._failures():
            return self._store.head(name)["size"]

    @contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        pieces = self.stream(key)
        with ExitStack() as until_used:
            with self._on_disk():
                path = until_used.enter_context(temporary_file(self._incoming))
                with path.open("wb") as file:
                    file.writelines(pieces)
            yield path

    def incoming(self) -> Path:
        with self._on_disk():
            self._incoming.mkdir(parents=True, exist_ok=True)
        return self._incoming

    def delete(self, key: str) -> None:
        name = name_of(key)
        with self._failures():
            self._store.delete(name)

    def size_bytes(self) -> int:
        return sum(size for _, size in self._objects())

    def keys(self) -> Iterator[str]:
        return (key for key, _ in self._objects())

    def _objects(self) -> Iterator[tuple[str, int]]:
        with self._failures():
            for page in self._store.list(chunk_size=1000):
                for meta in page:
                    key = meta["path"].rpartition("/")[2]
                    if KEY.fullmatch(key):
                        yield key, meta["size"]

    def _pieces(self, key: str, start: int, size_bytes: int) -> Iterator[bytes]:
        # One request for each piece: a slow reader holds no connection open, and a broken one costs one piece.
        for at in range(start, size_bytes, PIECE_BYTES):
            with self._failures():
                end = min(at + PIECE_BYTES, size_bytes)
                piece = bytes(self._store.get_range(name_of(key), start=at, end=end))
            yield piece

    def _has(self, key: str, size_bytes: int) -> bool:
        try:
            return self.size_of(key) == size_bytes
        except NotFound:
            return False

    def _failures(self) -> AbstractContextManager[None]:
        return object_store_failures(self._bucket)

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise folder_failure(self._incoming, error) from error
