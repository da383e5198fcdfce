"""Files by content: each blob is named by the SHA-256 of its bytes."""

from __future__ import annotations

from pathlib import Path


class BlobStore:
    """A folder of blobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keep the bytes and give their key."""
        raise NotImplementedError

    def get(self, key: str) -> bytes:
        """The bytes of a key; NotFound when there are none."""
        raise NotImplementedError

    def delete(self, key: str) -> None:
        """Remove a blob; no error when it is gone already."""
        raise NotImplementedError

    def size_bytes(self) -> int:
        """Bytes of all blobs."""
        raise NotImplementedError
