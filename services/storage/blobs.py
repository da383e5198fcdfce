"""Files by content: each blob is named by the SHA-256 of its bytes, wherever it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from services.errors import NotFound
from services.settings import Settings

KEY = re.compile(r"[0-9a-f]{64}")
GONE = "This file does not exist any more."


class Blobs(Protocol):
    """Where blobs are kept. What is put is there whole or not at all, and never changes.

    Every method raises StorageFailed when the disk or the object store cannot; those that take a key raise
    NotFound when there is no such blob.
    """

    def put(self, data: bytes) -> str:
        """Keep the bytes and give their key."""

    def put_file(self, path: Path) -> str:
        """Take over a finished file of any size, best one from `incoming`, and give its key; the file is gone then."""

    def get(self, key: str) -> bytes:
        """The bytes of a key."""

    def stream(self, key: str, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, in pieces of a few MB at most. A missing blob is said before the first piece."""

    def size_of(self, key: str) -> int:
        """How many bytes a blob has."""

    def local_path(self, key: str) -> AbstractContextManager[Path]:
        """The blob as a file on this disk, to be read only, and only within the `with`."""

    def incoming(self) -> Path:
        """A folder for files that are still being written. What is left there for a day is removed."""

    def delete(self, key: str) -> None:
        """Remove a blob; no error when it is gone already."""

    def size_bytes(self) -> int:
        """Bytes of all blobs."""

    def keys(self) -> Iterator[str]:
        """The keys of all blobs. One that is added or deleted meanwhile may be among them or not."""


def open_blobs(settings: Settings) -> Blobs:
    """The blobs of this installation: in the object store that TANDEM_BLOB_URL names, else in TANDEM_HOME."""
    if settings.blob_url is not None:
        from services.storage.object_blobs import open_object_blobs

        return open_object_blobs(settings)
    from services.storage.folder_blobs import FolderBlobs

    return FolderBlobs(settings.home / "blobs")


def name_of(key: str) -> str:
    """Where a blob lies within its folder or bucket. Raises NotFound for what is no key."""
    if not KEY.fullmatch(key):
        raise NotFound("There is no such file.")
    return f"{key[:2]}/{key}"
