"""A file that comes in: its bytes into the blobs, never more of them in memory than a piece."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO, TYPE_CHECKING

from services.errors import InvalidInput
from services.storage.failures import folder_failure
from services.storage.local_files import temporary_file
from services.tables import refusals

if TYPE_CHECKING:
    from services.storage.blobs import Blobs

Bytes = Path | bytes | IO[bytes]


def keep(blobs: Blobs, source: Bytes, name: str) -> str:
    """The key of the blob that a file is kept as; a path is copied. InvalidInput for one that is empty or too large."""
    size_bytes = _size_of(source)
    if not size_bytes:
        raise InvalidInput(f"{name} {refusals.EMPTY}", code="invalid_file")
    if size_bytes > refusals.MAX_FILE_BYTES:
        raise InvalidInput(f"{name} {refusals.too_large(size_bytes).says}", code="invalid_file")
    if isinstance(source, bytes):
        return blobs.put(source)
    folder = blobs.incoming()
    try:
        with temporary_file(folder) as copy:
            with copy.open("wb") as out:
                _copy(source, out)
            return blobs.put_file(copy)
    except OSError as error:
        raise folder_failure(folder, error) from error


def _size_of(source: Bytes) -> int:
    if isinstance(source, bytes):
        return len(source)
    if isinstance(source, Path):
        return source.stat().st_size
    start = source.tell()
    size_bytes = source.seek(0, 2) - start
    source.seek(start)
    return size_bytes


def _copy(source: Path | IO[bytes], out: IO[bytes]) -> None:
    if isinstance(source, Path):
        with source.open("rb") as file:
            shutil.copyfileobj(file, out)
    else:
        shutil.copyfileobj(source, out)
