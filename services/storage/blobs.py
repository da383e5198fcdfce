"""Files by content: each blob is named by the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from services.errors import NotFound
from services.storage.failures import folder_failure

KEY = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """A folder of blobs. What is written is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keep the bytes and give their key. Raises StorageFailed."""
        key = hashlib.sha256(data).hexdigest()
        path = self._path(key)
        if path.is_file() and path.stat().st_size == len(data):
            return key
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, data)
        except OSError as error:
            raise folder_failure(self.folder, error) from error
        return key

    def get(self, key: str) -> bytes:
        """The bytes of a key. Raises NotFound."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise NotFound("This file is no longer in the data folder.") from None
        except OSError as error:
            raise folder_failure(self.folder, error) from error

    def delete(self, key: str) -> None:
        """Remove a blob; no error when it is gone already."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise folder_failure(self.folder, error) from error

    def size_bytes(self) -> int:
        """Bytes of all blobs."""
        return sum(file.stat().st_size for file in self.folder.glob("*/*") if file.is_file())

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise NotFound("There is no such file.")
        return self.folder / key[:2] / key


def _write_whole(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
